import { seededClasses, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyAddOns } from "@snapfit/core";
import { allLoggers, companyCheck } from "./support/all-loggers.js";

describe("files, TensorBoard, Weights & Biases and Neptune in one trainer", () => {
  test("each has every row once, in some orders, beside a sink that throws, and after a kill", async () => {
    await expect(companyCheck(8).run()).resolves.toBeUndefined();
  });

  test("each has the throughput of every row of training", async () => {
    const outputDir = mkdtempSync(join(tmpdir(), "loggers-together-"));
    const Class = applyAddOns(
      TinyTrainer,
      allLoggers.map(({ addOn }) => addOn),
    ) as unknown as typeof TinyTrainer;
    const options = { ...tinyOptions(), outputDir, runName: "run", logEvery: 1 };
    const trainer = new Class(Object.assign(options, ...allLoggers.map(({ options: own }) => own)));
    for (let fit = 0; fit < 2; fit++)
      await trainer.fit({
        train: tinyLoader(seededClasses({ numSamples: 12 })),
        validation: tinyLoader(seededClasses({ numSamples: 6 })),
        epochs: 1,
      });
    await trainer.close();
    for (const { addOn, read } of allLoggers) {
      const points = (await read(join(outputDir, "run"))).points.filter(({ name }) => name === "train/samples_per_second");
      expect(
        points.map(({ step }) => step),
        addOn.name,
      ).toEqual([1, 2, 3, 4, 5, 6]);
      for (const { value } of points) expect(value).toBeGreaterThan(0);
    }
    rmSync(outputDir, { recursive: true });
  });
});

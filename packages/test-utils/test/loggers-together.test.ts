import { hostTensor } from "@snapfit/base";
import { applyAddOns, defineAddOn, type AddOnBase, type Adds, type LogRecord } from "@snapfit/core";
import { seededClasses, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { differenceOf, pointsOf, timedNames } from "../src/loggers/compare-points.js";
import { resumable, RUN, runProcess, withWorlds, type World } from "../src/loggers/logger-run.js";
import { allLoggers, companyCheck } from "./support/all-loggers.js";

/** Logs an image of five channels, and a file that is not there. */
const LogsWhatIsNone = defineAddOn({
  name: "LogsWhatIsNone",
  apply(Base: AddOnBase): Adds {
    abstract class LogsWhatIsNoneTrainer extends Base {
      protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
        await super.onOptimizerStep(step);
        if (this.progress.step !== 5) return;
        this.logImage("no image", hostTensor(new Uint8Array(20), [2, 2, 5]));
        this.logFile("no file", join(tmpdir(), "there-is-no-such-file"));
      }
    }
    return LogsWhatIsNoneTrainer;
  },
});

describe("files, TensorBoard, Weights & Biases and Neptune in one trainer", () => {
  test("each has every row once, in some orders, beside a sink that throws, and after a kill", async () => {
    await expect(companyCheck(8).run()).resolves.toBeUndefined();
  });

  test("what cannot be logged costs nothing else, and no logger takes a resumed run for another one", async () => {
    const addOns = [...resumable(allLoggers), LogsWhatIsNone];
    await withWorlds(async ({ empty, copy }) => {
      const world = empty();
      let killed: World | undefined;
      const onRecord = async ({ key, step }: LogRecord): Promise<void> => {
        if (key === "train" && step === 6) killed ??= await copy(world);
      };
      const { records, complaints } = await runProcess({ addOns, loggers: allLoggers, world, onRecord });
      expect(complaints.filter((line) => line.startsWith("Logger")).sort()).toEqual([
        expect.stringMatching(/^Logger "FileLogger" failed: /),
        expect.stringMatching(/^Logger "Neptune" failed: /),
        'Logger "TensorBoardLogger" does not take file records; they go to the other loggers only.',
        expect.stringMatching(/^Logger "TensorBoardLogger" failed: /),
        expect.stringMatching(/^Logger "W&B" failed: /),
      ]);
      const { numRestored } = await runProcess({ addOns, loggers: allLoggers, world: killed! });
      expect(numRestored).toBeLessThanOrEqual(records.findIndex(({ kind }) => kind === "image"));
      for (const { folder } of [world, killed!]) {
        for (const logger of allLoggers) {
          const { points, numRewinds } = await logger.read(join(folder, RUN));
          expect(differenceOf(points, pointsOf(records, logger), timedNames(records, records)), logger.addOn.name).toBeUndefined();
          expect(numRewinds).toBe(0);
        }
      }
    });
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

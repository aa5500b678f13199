import { TensorBoardLogger } from "@snapfit/tensorboard";
import { tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loggedRun } from "./support/logged-run.js";
import { readEvents, type TagValue } from "./support/read-events.js";

let folder: string;
let events: Record<string, TagValue[]>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tensorboard-"));
  await loggedRun(folder);
  events = readEvents(join(folder, "run"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const stepsOf = (tag: string): number[] => events[tag]!.map(({ step }) => step);
const valuesOf = (tag: string): unknown[] => events[tag]!.map(({ value }) => value);

describe("TensorBoardLogger", () => {
  test("writes scalars over the step", () => {
    for (const tag of ["train/loss", "train/acc", "train/lr", "train/samples_per_second"])
      expect(stepsOf(tag)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(valuesOf("train/lr")).toEqual(Array.from({ length: 9 }, () => Math.fround(0.02)));
    for (const speed of valuesOf("train/samples_per_second")) expect(speed).toBeGreaterThan(0);
    for (const tag of ["valid/loss", "train/loss_epoch", "epoch"]) expect(stepsOf(tag)).toEqual([3, 6, 9]);
  });

  test("writes averages of epochs and validations also over the epoch", () => {
    for (const name of ["loss", "acc"]) {
      expect(stepsOf(`epoch/train/${name}`)).toEqual([1, 2, 3]);
      expect(valuesOf(`epoch/train/${name}`)).toEqual(valuesOf(`train/${name}_epoch`));
      expect(stepsOf(`epoch/valid/${name}`)).toEqual([1, 2, 3]);
      expect(valuesOf(`epoch/valid/${name}`)).toEqual(valuesOf(`valid/${name}`));
    }
  });

  test("writes NaN and infinities, and names in Korean and with emoji", () => {
    expect(valuesOf("비율/한글 🎉")).toEqual([0, NaN, -Infinity, 3, 4, 5, 6, 7, 8]);
  });

  test("writes texts, histograms and images", () => {
    expect(valuesOf("note")).toEqual(Array.from({ length: 9 }, (_, i) => `step ${i}: 안녕 🎉\n"second line"`));
    const [first] = valuesOf("weights") as number[][];
    expect(first).toHaveLength(64);
    expect(first!.reduce((sum, count) => sum + count)).toBe(3);
    expect(events["valid/표본"]).toEqual([0, 3, 6].map((step) => ({ step, value: [2, 2, 1, expect.stringMatching(/^\u0089PNG/)] })));
  });

  test("writes alerts as texts", () => {
    expect(events["alerts"]).toEqual([{ step: 2, value: "[error] Loss: is high" }]);
  });

  test("writes the options for the page HPARAMS at the beginning, and the best values at the end", () => {
    expect(events["_hparams_/session_start_info"]).toHaveLength(1);
    expect(stepsOf("_hparams_/session_start_info")).toEqual([0]);
    expect(stepsOf("_hparams_/session_end_info")).toEqual([9]);
    const losses = valuesOf("valid/loss") as number[];
    expect(events["best/loss"]).toEqual([{ step: 9, value: Math.min(...losses) }]);
    expect(events["best/epoch"]).toEqual([{ step: 9, value: losses.indexOf(Math.min(...losses)) + 1 }]);
  });

  test("writes one file, which is in the run folder, where TensorBoard names the run after it", async () => {
    expect(readdirSync(join(folder, "run")).filter((name) => name.includes("tfevents"))).toHaveLength(1);
    const trainer = new (TinyTrainer.addOn(TensorBoardLogger))({ ...tinyOptions(), outputDir: folder, runName: "other" });
    expect(trainer.tensorboard.directory).toBeUndefined();
    await trainer.ready();
    expect(trainer.tensorboard.directory).toBe(join(folder, "other"));
    await trainer.close();
  });

  test("says what is wrong with its options before there is a file", () => {
    const build = (tensorboard: object) => () =>
      new (TinyTrainer.addOn(TensorBoardLogger))({ ...tinyOptions(), outputDir: join(folder, "none"), tensorboard });
    expect(build({ logDir: "x" })).toThrow(
      expect.objectContaining({ code: "OPTION_UNKNOWN", message: 'There is no option "tensorboard.logDir". Known: directory.' }),
    );
    expect(build({ directory: "" })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: 'Option tensorboard.directory is "". It takes a folder.' }),
    );
    expect(existsSync(join(folder, "none"))).toBe(false);
  });
});

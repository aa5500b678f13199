import { DiskStorage } from "@snapfit/base/node";
import { MemoryStorage, type StorageErrorCode } from "@snapfit/base";
import { FaultStorage, type StorageCall } from "@snapfit/test-utils";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { everyFailure, failAndContinue, failAndStop } from "./support/fail-and-go-on.js";
import { someOf } from "./support/some-of.js";
import { FOLDER, tinyRun } from "./support/tiny-run.js";
import { wholeCheckpoints } from "./support/whole-checkpoints.js";

// All of them in failures.slow.ts.
const NUM_FAILURES = 14;

const formats = ["ckpt", "safetensors"] as const;
const scratch = mkdtempSync(join(tmpdir(), "snapfit-failures-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(formats)("a call that fails within a save of %s files", (format) => {
  test.each([
    ["changes nothing of the training", failAndContinue],
    ['stops it with onSaveError "stop"', failAndStop],
  ] as const)("%s, and no good file is lost", async (_, check) => {
    const { whole, failures } = await everyFailure(format);
    expect(failures.length).toBeGreaterThan(400);
    for (const failure of someOf(failures, NUM_FAILURES, 1)) await check(format, failure, whole);
  });
});

/** From step 5 up to some step, calls that `fits` fail. */
async function failingFrom5(
  format: (typeof formats)[number],
  code: StorageErrorCode,
  fits: (call: StorageCall) => boolean,
  { until = Infinity, onSaveError = "continue" as "continue" | "stop" } = {},
) {
  const disk = new MemoryStorage();
  let isFailing = false;
  const storage = new FaultStorage(disk, { faults: [{ at: (call) => isFailing && fits(call), code }] });
  const run = await tinyRun(storage, { format, onSaveError }, { onStep: (step) => void (isFailing = step >= 5 && step < until) });
  return { disk, run, warnings: run.lines.filter((line) => line.startsWith("Checkpoint not saved: ")) };
}

const adds = ({ name }: StorageCall): boolean => name === "write" || name === "append";
const changes = ({ name }: StorageCall): boolean => !["read", "stat", "list"].includes(name);
const steps = async (disk: MemoryStorage): Promise<number[]> =>
  [...(await wholeCheckpoints(disk, FOLDER)).values()].map(({ step }) => step).sort((a, b) => a - b);

describe.each(formats)("from some step on, with %s files,", (format) => {
  test.each([
    ["a full disk", "NO_SPACE", adds],
    ["a read-only folder", "READ_ONLY", changes],
  ] as const)("%s costs the later checkpoints only, with one warning for each save", async (_, code, fits) => {
    const whole = await tinyRun(new MemoryStorage(), { format });
    const { disk, run, warnings } = await failingFrom5(format, code, fits);
    expect(run.error).toBeUndefined();
    expect(run.hash).toBe(whole.hash);
    expect(warnings.length).toBe(5); // steps 6 and 8, epochs 2 and 3, and the end of the fit
    expect(warnings[0]).toContain(`The test's fault ${code} met call`);
    expect(await steps(disk)).toEqual([3, 3, 4]); // the best, epoch 1, step 4
    expect((await tinyRun(disk, { format })).hash).toBe(whole.hash);
  });

  test.each([
    ["a full disk", "NO_SPACE", adds],
    ["a read-only folder", "READ_ONLY", changes],
  ] as const)('%s stops the fit with onSaveError "stop"', async (_, code, fits) => {
    const { disk, run } = await failingFrom5(format, code, fits, { onSaveError: "stop" });
    expect(run.error).toMatchObject({ code });
    expect(await steps(disk)).toEqual([3, 3, 4]);
  });

  test("a disk that is full for a while costs the checkpoints of that while", async () => {
    const whole = await tinyRun(new MemoryStorage(), { format });
    const { disk, run, warnings } = await failingFrom5(format, "NO_SPACE", adds, { until: 8 });
    expect(run.hash).toBe(whole.hash);
    expect(warnings.length).toBe(2); // step 6 and epoch 2
    expect(await steps(disk)).toEqual([8, 8, 9, 9]); // the best of epoch 2 came with step 8
  });

  test.each([
    ["in memory", () => new MemoryStorage(), "."],
    ["on disk", () => new DiskStorage(), scratch],
  ])("a folder that vanishes %s is made anew by the next save", async (_, makeStorage, parent) => {
    const whole = await tinyRun(new MemoryStorage(), { format });
    const storage = makeStorage();
    const directory = `${parent}/${format}`;
    const onStep = async (step: number): Promise<void> => (step === 7 ? storage.remove(directory) : undefined);
    const run = await tinyRun(storage, { format, directory, onSaveError: "stop" }, { onStep });
    expect(run.error).toBeUndefined();
    expect(run.hash).toBe(whole.hash);
    const found = [...(await wholeCheckpoints(storage, directory)).values()];
    expect(found.map(({ step }) => step).sort((a, b) => a - b)).toEqual([8, 9, 9]);
  });
});

test("a thread that cannot write says why, and goes on when it can", async () => {
  const whole = await tinyRun(new MemoryStorage());
  const storage = new DiskStorage();
  const directory = `${scratch}/blocked`;
  const inTheWay = `${directory}/.new-epoch_2.ckpt.partial`;
  const onStep = async (step: number): Promise<void> => (step === 1 ? storage.write(`${inTheWay}/file`, new Uint8Array(1)) : undefined);
  const run = await tinyRun(storage, { directory, async: true, onSaveError: "continue" }, { onStep });
  expect(run.error).toBeUndefined();
  expect(run.hash).toBe(whole.hash);
  expect(run.lines.filter((line) => line.startsWith("Checkpoint not saved: "))).toEqual([
    expect.stringContaining(`Could not write "${inTheWay}": it is a folder.`),
  ]);
  const found = [...(await wholeCheckpoints(storage, directory)).values()];
  expect(found.map(({ step }) => step).sort((a, b) => a - b)).toEqual([6, 8, 9, 9]); // the best of epoch 2 was written before
});

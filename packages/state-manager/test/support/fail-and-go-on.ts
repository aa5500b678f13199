import { MemoryStorage, SnapfitError, type StorageErrorCode } from "@snapfit/base";
import { FaultStorage, type Fault, type StorageCall } from "@snapfit/test-utils";
import { expect } from "vitest";
import type { CheckpointFormat } from "../../src/index.js";
import { FOLDER, tinyRun, type TinyRun } from "./tiny-run.js";
import { wholeCheckpoints } from "./whole-checkpoints.js";

/** One call of a save that fails. */
export interface Failure {
  readonly call: StorageCall;
  readonly code: StorageErrorCode;
  readonly effect: NonNullable<Fault["effect"]>;
}

/** In turn. */
const CODES = ["NO_SPACE", "READ_ONLY", "IO"] as const;

/** Each call of each save: those that read fail with `IO`, the others with codes in turn, and with nothing, all or half of the call done. */
export async function everyFailure(format: CheckpointFormat): Promise<{ readonly whole: TinyRun; readonly failures: readonly Failure[] }> {
  const storage = new FaultStorage(new MemoryStorage());
  const whole = await tinyRun(storage, { format }, { countCalls: () => storage.calls.length });
  const { first, last } = whole.saving;
  const failures = storage.calls.slice(first, last).flatMap((call, i) => {
    if (["read", "stat", "list"].includes(call.name)) return [{ call, effect: "none", code: "IO" } as const];
    const half = call.sizeBytes === undefined ? [] : [{ firstBytes: Math.floor(call.sizeBytes / 2) }];
    return (["none", "all", ...half] as const).map((effect, j) => ({ call, effect, code: CODES[(i + j) % CODES.length]! }));
  });
  return { whole, failures };
}

/** With `onSaveError: "continue"` a failure changes nothing but the checkpoints of its own save. */
export async function failAndContinue(format: CheckpointFormat, { call, code, effect }: Failure, whole: TinyRun): Promise<void> {
  const at = textOf({ call, code, effect });
  const disk = new MemoryStorage();
  const storage = new FaultStorage(disk, { faults: [{ at: call.number, code, effect }] });
  const run = await tinyRun(storage, { format, onSaveError: "continue" });
  expect(run.error, at).toBeUndefined();
  expect(run.hash, at).toBe(whole.hash);
  const warnings = run.lines.filter((line) => line.startsWith("Checkpoint not saved: "));
  expect(warnings.length, at).toBeLessThanOrEqual(1);
  expect(run.announced.length + warnings.length, at).toBeGreaterThanOrEqual(whole.announced.length);
  const files = await wholeCheckpoints(disk, FOLDER);
  // What the run knows of is there. What a failed save left may be there too.
  for (const { path } of run.checkpoints) expect([...files.keys()], at).toContain(path.slice(FOLDER.length + 1));
  // The newest but for the save that failed.
  const steps = [...files.values()].map(({ step }) => step);
  expect(Math.max(...steps), at).toBeGreaterThanOrEqual(8);
  const next = await tinyRun(disk, { format });
  expect(next.error, at).toBeUndefined();
  expect(next.hash, at).toBe(whole.hash);
}

/** With `onSaveError: "stop"` the fit rejects with the error, and another run goes on from what was promised before it. */
export async function failAndStop(format: CheckpointFormat, { call, code, effect }: Failure, whole: TinyRun): Promise<void> {
  const at = textOf({ call, code, effect });
  const disk = new MemoryStorage();
  const storage = new FaultStorage(disk, { faults: [{ at: call.number, code, effect }] });
  const run = await tinyRun(storage, { format, onSaveError: "stop" });
  if (run.error !== undefined) expect([run.error instanceof SnapfitError, run.error.code], at).toEqual([true, code]);
  await wholeCheckpoints(disk, FOLDER);
  const next = await tinyRun(disk, { format });
  expect(next.error, at).toBeUndefined();
  expect(next.resumedAt, at).toBeGreaterThanOrEqual(run.announced.at(-1)?.step ?? 0);
  expect(next.hash, at).toBe(whole.hash);
}

function textOf({ call, code, effect }: Failure): string {
  return `${code} at call ${call.number}, ${call.name} ${call.path} ${JSON.stringify(effect)}`;
}

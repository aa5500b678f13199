import { RecordingStorage, type CrashState } from "@snapfit/test-utils";
import { expect } from "vitest";
import { CheckpointFolder } from "../../src/checkpoint-folder.js";
import type { CheckpointFormat } from "../../src/index.js";
import { FOLDER, tinyRun, type TinyRun } from "./tiny-run.js";
import { wholeCheckpoints } from "./whole-checkpoints.js";

/** A run and what its disk may hold if the power fails at any moment of it. */
export interface RecordedRun {
  readonly run: TinyRun;
  readonly states: readonly CrashState[];
  /** So many more states there are, at most. */
  readonly numLeftOut: number;
}

export async function recordedRun(format: CheckpointFormat, maxStates: number): Promise<RecordedRun> {
  const storage = new RecordingStorage();
  const run = await tinyRun(storage, { format }, { countCalls: () => storage.calls.length });
  return { run, ...(await storage.crashStates({ maxStates })) };
}

/** What is found in the files: nothing damaged, and a checkpoint at least as new as the last one that was promised before the power failed. */
export async function expectPromisesKept(format: CheckpointFormat, run: TinyRun, state: CrashState): Promise<void> {
  const disk = await state.restart();
  const folder = new CheckpointFolder(disk, { path: FOLDER, format, keep: { newest: 2, best: 2, mode: "min", bestName: "best_model" } });
  const said: string[] = [];
  await folder.open((sentence) => said.push(sentence));
  const newest = await folder.newest((sentence) => said.push(sentence));
  expect(said, textOf(state)).toEqual([]);
  expect((newest && folder.entries.at(-1)!.step) ?? 0, textOf(state)).toBeGreaterThanOrEqual(promisedStep(run, state));
  const files = await wholeCheckpoints(disk, FOLDER);
  expect([...files.keys()], textOf(state)).toEqual(folder.entries.map(({ name }) => name).sort());
}

/** The run goes on from the files to the same end. */
export async function expectSameEnd(format: CheckpointFormat, run: TinyRun, state: CrashState): Promise<void> {
  const resumed = await tinyRun(await state.restart(), { format });
  expect(resumed.error, textOf(state)).toBeUndefined();
  expect(resumed.resumedAt, textOf(state)).toBeGreaterThanOrEqual(promisedStep(run, state));
  expect(resumed.hash, textOf(state)).toBe(run.hash);
}

function promisedStep({ announced }: TinyRun, { latest }: CrashState): number {
  return announced.filter(({ numCalls }) => numCalls <= latest).at(-1)?.step ?? 0;
}

function textOf({ earliest, latest, lost }: CrashState): string {
  return `power lost between calls ${earliest} and ${latest}; ${lost.join("; ")}`;
}

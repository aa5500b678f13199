import { MemoryStorage } from "@snapfit/base";
import { FaultStorage, type Fault, type StorageCall } from "@snapfit/test-utils";
import { expect } from "vitest";
import type { CheckpointFormat } from "../../src/index.js";
import { readCheckpoint } from "../../src/checkpoint-files.js";
import { recover } from "../../src/write-atomically.js";
import { FOLDER, tinyRun } from "./tiny-run.js";
import { wholeCheckpoints } from "./whole-checkpoints.js";

/** Where a run dies. */
export interface Kill {
  readonly call: StorageCall;
  readonly effect: NonNullable<Fault["effect"]>;
}

/**
 * All files that a kill can leave behind: one kill before each call that changes something, and writes torn at their first, middle and last byte.
 * What a kill after a call leaves, the one before the next call leaves as well; and a read leaves what the call before it left.
 */
export async function everyKill(format: CheckpointFormat): Promise<Kill[]> {
  const storage = new FaultStorage(new MemoryStorage());
  await tinyRun(storage, { format });
  return storage.calls.flatMap((call): Kill[] => {
    const { name, sizeBytes = 0 } = call;
    if (["read", "stat", "list"].includes(name)) return [];
    const cuts = sizeBytes === 0 ? [] : [0, Math.floor(sizeBytes / 2), sizeBytes - 1];
    return [{ call, effect: "none" }, ...cuts.map((firstBytes) => ({ call, effect: { firstBytes } }))];
  });
}

/** Kills a run, and checks what the next one makes of the files: every checkpoint is whole, none that was promised is lost, and the end is the same. */
export async function killAndResume(format: CheckpointFormat, { call, effect }: Kill, hash: string | undefined): Promise<void> {
  const at = `killed at call ${call.number}, ${call.name} ${call.path} ${JSON.stringify(effect)}`;
  const disk = new MemoryStorage();
  const dying = new FaultStorage(disk, { faults: [{ at: call.number, code: "KILLED", effect }] });
  const killed = await tinyRun(dying, { format });
  expect(dying.calls.at(-1), at).toMatchObject({ number: call.number, name: call.name, path: call.path }); // sizes differ: a state tells times
  await expectBest(disk, format, dying.calls.slice(0, -1), at);
  const resumed = await tinyRun(disk, { format });
  expect(resumed.error, at).toBeUndefined();
  expect(
    resumed.lines.filter((line) => line.includes("no whole checkpoint")),
    at,
  ).toEqual([]);
  expect(resumed.resumedAt, at).toBeGreaterThanOrEqual(killed.announced.at(-1)?.step ?? 0);
  expect(resumed.hash, at).toBe(hash);
  const files = await wholeCheckpoints(disk, FOLDER);
  expect([...files.keys()], at).toEqual(resumed.checkpoints.map(({ path }) => path.slice(FOLDER.length + 1)).sort());
  expect(
    (await disk.list(FOLDER)).filter(({ name }) => name.startsWith(".")),
    at,
  ).toEqual([]);
}

/** Once there is a best checkpoint it is there at every moment, whole: a folder once what stepped aside has come back. */
async function expectBest(disk: MemoryStorage, format: CheckpointFormat, calls: readonly StorageCall[], at: string): Promise<void> {
  const best = `${FOLDER}/best_model${format === "ckpt" ? ".ckpt" : ""}`;
  if (!calls.some(({ name, to }) => name === "rename" && to === best)) return;
  if (format === "safetensors") await recover(disk, FOLDER);
  const { info } = await readCheckpoint(disk, best);
  expect(info.kind, at).toBe("best");
}

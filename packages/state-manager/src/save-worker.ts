import { SnapfitError } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { parentPort, workerData } from "node:worker_threads";
import { CheckpointFolder, type CheckpointFolderSettings, type SaveJob } from "./checkpoint-folder.js";
import type { CheckpointEntry } from "./manifest.js";

/** What the thread answers to a {@link SaveJob}. */
export type SaveWorkerReply = {
  /** The arrays of the job, for the next one. */
  readonly arrays: readonly Uint8Array[];
  /** What is in the folder now; a save that fails may have got halfway. */
  readonly entries: readonly CheckpointEntry[];
} & ({ readonly written: readonly string[] } | { readonly error: { readonly code: string; readonly message: string } });

/** What the thread begins with: the folder as the trainer's thread has found it. */
export interface SaveWorkerData {
  readonly settings: CheckpointFolderSettings;
  readonly entries: readonly CheckpointEntry[];
}

const { settings, entries } = workerData as SaveWorkerData;
const folder = new CheckpointFolder(new DiskStorage(), settings);
folder.adopt(entries);

parentPort!.on("message", (job: SaveJob) => void answer(job));

async function answer(job: SaveJob): Promise<void> {
  const arrays = [...job.packed.arrays.values()].map(({ bytes }) => bytes);
  let reply: SaveWorkerReply;
  try {
    reply = { arrays, written: await folder.save(job), entries: folder.entries };
  } catch (error) {
    const { message } = error as Error;
    reply = { arrays, entries: folder.entries, error: { code: error instanceof SnapfitError ? error.code : "SAVE_FAILED", message } };
  }
  parentPort!.postMessage(
    reply,
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );
}

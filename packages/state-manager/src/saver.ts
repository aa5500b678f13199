import { copyArray, recycleArrays, type Storage } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import type { SafetensorsTensor } from "@snapfit/safetensors";
import type { CheckpointFolder, SaveJob } from "./checkpoint-folder.js";
import type { PackedCheckpoint } from "./checkpoint.js";
import type { CheckpointEntry } from "./manifest.js";
import { WorkerSaver } from "./worker-saver.js";

/** What a save has led to. */
export interface SaveResult {
  /** Names in the folder. */
  readonly written: readonly string[];
  readonly entries: readonly CheckpointEntry[];
}

/** Where checkpoints are written. */
export interface Saver {
  /** The arrays of the job belong to the saver until it is done. */
  save(job: SaveJob): Promise<SaveResult>;
  close(): Promise<void>;
}

/** Parts of a state whose arrays are copies already, by contract of `saveState()` in core. */
const COPIES = /^(weights|optimizers)\//;

/** The same checkpoint in arrays that nobody else sees, so that training may go on. */
export function ownArrays({ texts, arrays }: PackedCheckpoint): PackedCheckpoint {
  const own = ([name, tensor]: readonly [string, SafetensorsTensor]): readonly [string, SafetensorsTensor] => {
    const { buffer, length } = tensor.bytes;
    const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === length;
    return [name, COPIES.test(name) && isAlone ? tensor : { ...tensor, bytes: copyArray(tensor.bytes, Uint8Array) }];
  };
  return { texts, arrays: new Map([...arrays].map(own)) };
}

/** A worker where files are on disk: hashing and writing then take nothing from the loop. */
export function createSaver(storage: Storage, folder: CheckpointFolder, { isAsync }: { readonly isAsync: boolean }): Saver {
  const inline = new InlineSaver(folder);
  return isAsync && storage instanceof DiskStorage ? new WorkerSaver(folder, inline) : inline;
}

class InlineSaver implements Saver {
  constructor(readonly folder: CheckpointFolder) {}

  async save(job: SaveJob): Promise<SaveResult> {
    try {
      return { written: await this.folder.save(job), entries: this.folder.entries };
    } finally {
      recycleArrays([...job.packed.arrays.values()].map(({ bytes }) => bytes));
    }
  }

  async close(): Promise<void> {}
}

import type { Storage } from "@snapfit/base";
import type { CheckpointInfo } from "./checkpoint.js";
import { writeAtomically } from "./write-atomically.js";

/** A checkpoint in the folder. */
export interface CheckpointEntry extends CheckpointInfo {
  /** Of the file or folder. */
  readonly name: string;
  /** SHA-256 of the state. */
  readonly hash: string;
}

/** The table of contents of a folder of checkpoints. The files are the truth: without it, it is made anew of them. */
interface Manifest {
  /** Name of the newest checkpoint. */
  readonly last: string | null;
  /** By serial. */
  readonly checkpoints: readonly CheckpointEntry[];
}

export async function writeManifest(storage: Storage, folder: string, checkpoints: readonly CheckpointEntry[]): Promise<void> {
  const manifest: Manifest = { last: checkpoints.at(-1)?.name ?? null, checkpoints };
  await writeAtomically(storage, `${folder}/manifest.json`, async (temporary) => {
    await storage.write(temporary, new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`));
    await storage.sync(temporary);
  });
}

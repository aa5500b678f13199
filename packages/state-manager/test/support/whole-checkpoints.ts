import type { Storage } from "@snapfit/base";
import { isCheckpoint, readCheckpoint } from "../../src/checkpoint-files.js";
import type { CheckpointInfo } from "../../src/checkpoint.js";

/** What stands in a folder of checkpoints for a person to use: each is read and proven. Throws at the first that is damaged. */
export async function wholeCheckpoints(storage: Storage, folder: string): Promise<ReadonlyMap<string, CheckpointInfo>> {
  const found = new Map<string, CheckpointInfo>();
  for (const { name, kind } of await storage.list(folder)) {
    if (name.startsWith(".") || (kind === "file" && !name.endsWith(".ckpt"))) continue;
    const path = `${folder}/${name}`;
    if (!(await isCheckpoint(storage, path))) throw new Error(`"${path}" is a folder without a checkpoint in it.`);
    found.set(name, (await readCheckpoint(storage, path)).info);
  }
  return found;
}

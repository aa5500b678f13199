import { cpSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";

/** The event files of a run, oldest first. */
export function eventFilesOf(folder: string): string[] {
  return readdirSync(join(folder, "run"))
    .filter((name) => name.includes("tfevents"))
    .sort()
    .map((name) => join(folder, "run", name));
}

/** Copies a run of one event file as it was when it was killed: the checkpoint of step 4 is its last, and the file ends after some bytes. */
export function cutRun(from: string, to: string, sizeBytes: number): void {
  cpSync(from, to, { recursive: true });
  const checkpoints = join(to, "run", "checkpoints");
  for (const name of readdirSync(checkpoints)) if (name !== "checkpoint_step_4.ckpt") rmSync(join(checkpoints, name), { recursive: true });
  truncateSync(eventFilesOf(to)[0]!, sizeBytes);
}

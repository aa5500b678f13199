import { join } from "node:path";
import { runOfficial, type OfficialClient } from "./official-python.js";

/** What a reader would send: `{ path, assignFloat: { value: 1 } }`; a file with its content. */
export type SentOperation = { readonly path: string } & Readonly<Record<string, unknown>>;

/** Replays the offline runs of a folder `.neptune`, each in order. Undefined, with a notice, where the reader cannot be had. */
export async function replay(reader: OfficialClient, folder: string): Promise<readonly (readonly SentOperation[])[] | undefined> {
  const printed = await runOfficial(reader, "replay.py", [folder], { cwd: join(folder, "..") });
  if (printed === undefined) return undefined;
  const line = printed.split("\n").find((each) => each.startsWith("RUNS "));
  if (line === undefined) throw new Error(`The reader said: ${printed}`);
  return JSON.parse(line.slice("RUNS ".length)) as SentOperation[][];
}

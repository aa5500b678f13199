import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { environmentPython } from "../../../../benchmarks/step/python-environment.js";
import { Unavailable } from "../../../../benchmarks/step/unavailable.js";

/** What a reader would send: `{ path, assignFloat: { value: 1 } }`; a file with its content. */
export type SentOperation = { readonly path: string } & Readonly<Record<string, unknown>>;

const readers = {
  neptune: { module: "neptune", environment: { name: "neptune", packageName: "neptune", version: "1.14.0.post2", beside: [] } },
  minfx: { module: "minfx.neptune_v2", environment: { name: "minfx", packageName: "minfx", version: "0.7.4", beside: [] } },
} as const;
const scratch = fileURLToPath(new URL("../../../../.snapfit/", import.meta.url));
const program = fileURLToPath(new URL("replay.py", import.meta.url));

/** Replays the offline runs of a folder `.neptune`, each in order. Undefined, with a notice, where the reader cannot be had. */
export async function replay(reader: keyof typeof readers, folder: string): Promise<readonly (readonly SentOperation[])[] | undefined> {
  const { module, environment } = readers[reader];
  try {
    const python = await environmentPython(scratch, environment);
    const { stdout } = await promisify(execFile)(python, [program, module, folder], { cwd: join(folder, ".."), maxBuffer: 2 ** 28 });
    const line = stdout.split("\n").find((each) => each.startsWith("RUNS "));
    if (line === undefined) throw new Error(`The reader said: ${stdout}`);
    return JSON.parse(line.slice("RUNS ".length)) as SentOperation[][];
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.warn(`Skipped: ${error.message}`);
    return undefined;
  }
}

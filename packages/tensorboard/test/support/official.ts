import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { environmentPython } from "../../../../benchmarks/step/python-environment.js";
import { lastingEvents } from "./read-events.js";

const run = promisify(execFile);
const scratch = fileURLToPath(new URL("../../../../.snapfit", import.meta.url));

/** What the official reader finds; see fixtures/read_events.py. */
export interface Found {
  readonly scalars: Readonly<Record<string, [step: number, value: string][]>>;
  readonly texts: Readonly<Record<string, [step: number, texts: string[]][]>>;
  readonly histograms: Readonly<Record<string, [step: number, counts: unknown[]][]>>;
  readonly images: Readonly<Record<string, [step: number, pixels: unknown[]][]>>;
}

/** The Python of an environment with TensorBoard, which is made where it is missing. @throws Unavailable */
export function tensorboardPython(): Promise<string> {
  return environmentPython(scratch, { name: "tensorboard", packageName: "tensorboard", version: "2.20.0", beside: [] });
}

/** Reads event files with the package that reads them for everybody else; leaves out what a clock has measured. */
export async function readOfficially(python: string, folder: string): Promise<Found> {
  const script = fileURLToPath(new URL("../fixtures/read_events.py", import.meta.url));
  const { stdout } = await run(python, [script, folder], { maxBuffer: 1 << 30 });
  const found = JSON.parse(stdout) as Found;
  return { ...found, scalars: lastingEvents(found.scalars) };
}

/** A running TensorBoard. */
export interface Server {
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
}

/** Starts TensorBoard on a folder of runs, by one of its two readers, and waits until it has read them. */
export async function withTensorBoard<T>(
  python: string,
  folder: string,
  { fast }: { readonly fast: boolean },
  task: (server: Server) => Promise<T>,
): Promise<T> {
  const child = spawn(join(python, "..", "tensorboard"), ["--logdir", folder, "--port", "0", `--load_fast=${fast}`]);
  const ended = once(child, "close");
  try {
    let url = "";
    for await (const line of createInterface(child.stderr))
      if ((url = /http:\S+/.exec(/TensorBoard .* at .*/.exec(line)?.[0] ?? "")?.[0] ?? "")) break;
    child.stderr.resume();
    const get = async (path: string) => (await fetch(new URL(path, url))).json() as Promise<unknown>;
    const post = async (path: string, body: object) =>
      (
        await fetch(new URL(path, url), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
      ).json() as Promise<unknown>;
    while (!isComplete(await get("data/plugin/scalars/tags"))) await after(200);
    return await task({ get, post });
  } finally {
    child.kill();
    await ended;
  }
}

/** What a run ends with is there. */
function isComplete(tags: unknown): boolean {
  const runs = Object.values(tags as Record<string, object>);
  return runs.length > 0 && runs.every((run) => "best/loss" in run);
}

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { environmentPython } from "../../../../benchmarks/step/python-environment.js";
import { Unavailable } from "../../../../benchmarks/step/unavailable.js";

/** Official clients: the package that speaks the protocol, and where it comes from. */
const clients = {
  neptune: { module: "neptune", environment: { name: "neptune", packageName: "neptune", version: "1.14.0.post2", beside: [] } },
  minfx: { module: "minfx.neptune_v2", environment: { name: "minfx", packageName: "minfx", version: "0.7.4", beside: [] } },
} as const;
export type OfficialClient = keyof typeof clients;
const scratch = fileURLToPath(new URL("../../../../.snapfit/", import.meta.url));

/** Such as `neptune 1.14.0.post2`. */
export function titleOf(client: OfficialClient): string {
  const { packageName, version } = clients[client].environment;
  return `${packageName} ${version}`;
}

/** Runs a program beside this file: `python PROGRAM MODULE ARGUMENTS`. @returns what it has printed; undefined, with a notice, where the client cannot be had */
export async function runOfficial(
  client: OfficialClient,
  program: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<string | undefined> {
  const { module, environment } = clients[client];
  try {
    const python = await environmentPython(scratch, environment);
    const path = fileURLToPath(new URL(program, import.meta.url));
    const { stdout } = await promisify(execFile)(python, [path, module, ...args], {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: 2 ** 28,
    });
    return stdout;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.warn(`Skipped: ${error.message}`);
    return undefined;
  }
}

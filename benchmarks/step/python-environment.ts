import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "./run-program.js";
import { Unavailable } from "./unavailable.js";

/** Packages of PyPI in a virtual environment. */
export interface PythonEnvironment {
  /** Name of its folder. */
  readonly name: string;
  /** The package that counts, and what is installed with it. */
  readonly packageName: string;
  readonly version: string;
  readonly beside: readonly string[];
  /** What a download of it means, where that is worth saying. */
  readonly size?: string;
}

/** The Python of an environment, which is made where it is missing. @throws Unavailable */
export async function environmentPython(scratch: string, { name, packageName, version, beside, size }: PythonEnvironment): Promise<string> {
  const folder = join(scratch, name);
  const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const found = `${packageName}.__version__.split("+")[0]`;
  const check = ["-c", `import ${packageName}; assert ${found} == "${version}", ${found}`];
  if ((await runProgram(python, check, scratch)) === undefined) return python;
  console.log(`Installing ${packageName} ${version} into ${folder}${size === undefined ? "" : `: ${size}`} ...`);
  mkdirSync(scratch, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  const problem =
    (await runProgram("python3", ["-m", "venv", folder], scratch)) ??
    (await runProgram(python, ["-m", "pip", "install", "--quiet", `${packageName}==${version}`, ...beside], scratch)) ??
    (await runProgram(python, check, scratch));
  if (problem !== undefined)
    throw new Unavailable(
      `${packageName} ${version} cannot be installed (python3 with venv and pip, and a network, are needed): ${problem}`,
    );
  return python;
}

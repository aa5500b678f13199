import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "./run-program.js";
import { Unavailable } from "./unavailable.js";

const VERSION = "2.15.0";

/** The Python of a virtual environment with PyTorch, which is made where it is missing. @throws Unavailable */
export async function torchPython(scratch: string): Promise<string> {
  const folder = join(scratch, "torch");
  const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const check = ["-c", `import torch; assert torch.__version__.split("+")[0] == "${VERSION}", torch.__version__`];
  if ((await runProgram(python, check, scratch)) === undefined) return python;
  console.log(`Installing PyTorch ${VERSION} into ${folder}: a download of 3 GB on Linux ...`);
  mkdirSync(scratch, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  const problem =
    (await runProgram("python3", ["-m", "venv", folder], scratch)) ??
    (await runProgram(python, ["-m", "pip", "install", "--quiet", `torch==${VERSION}`, "numpy"], scratch)) ??
    (await runProgram(python, check, scratch));
  if (problem !== undefined)
    throw new Unavailable(`PyTorch ${VERSION} cannot be installed (python3 with venv and pip, and a network, are needed): ${problem}`);
  return python;
}

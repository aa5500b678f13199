import { environmentPython } from "./python-environment.js";

/** The Python of a virtual environment with PyTorch, which is made where it is missing. @throws Unavailable */
export function torchPython(scratch: string): Promise<string> {
  return environmentPython(scratch, {
    name: "torch",
    packageName: "torch",
    version: "2.15.0",
    beside: ["numpy"],
    size: "a download of 3 GB on Linux",
  });
}

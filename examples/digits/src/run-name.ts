import { DiskStorage } from "@snapfit/base/node";
import type { DemoOptions } from "./demo-options.js";

/** The folder of a run in `runs`: runs that differ in what they learn do not share one. */
export function runName({ data, seed, model, fast }: DemoOptions): string {
  return ["digits", data !== undefined && "mnist", model, seed !== 7 && `seed${seed}`, fast && "fast"].filter(Boolean).join("-");
}

/** Gives the folder of an earlier run a name of its own. */
export async function moveAside(name: string): Promise<void> {
  const storage = new DiskStorage();
  if ((await storage.stat(`runs/${name}`)) === undefined) return;
  for (let number = 1; ; number++) {
    const aside = `runs/${name}-before-${number}`;
    if ((await storage.stat(aside)) !== undefined) continue;
    return storage.rename(`runs/${name}`, aside);
  }
}

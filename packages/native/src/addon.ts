import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

/** What the addon offers to every kernel; each kernel file declares its own functions and gets them by {@link functionsOf}. */
export interface AddonBasics {
  /** Build variant and oneDNN's version: `avx512 3.2.0`. */
  version(): string;
  setThreads(count: number): void;
  alignedOffset(bytes: Uint8Array): number;
}

let loaded: object | undefined;

/** The addon's functions, typed by the kernel file that calls them. */
export function addon<Functions extends object>(): Functions {
  loaded ??= load();
  return loaded as Functions;
}

function load(): object {
  const require = createRequire(import.meta.url);
  return require(`../build/${process.platform}-${process.arch}/snapfit-${variantHere()}.node`) as object;
}

/** The best build for this processor. */
function variantHere(): string {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(/\s+/));
  if (["avx512f", "avx512bw", "avx512dq", "avx512vl"].every((flag) => flags.has(flag))) return "avx512";
  return flags.has("avx2") && flags.has("fma") ? "avx2" : "baseline";
}

import { closeSync, openSync, readSync } from "node:fs";

/** Builds of the addon, one for each set of instructions, the best first. */
const builds = [
  { name: "avx512", arch: "x64", needs: ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx2", "fma", "bmi2"] },
  { name: "avx2", arch: "x64", needs: ["avx2", "fma", "bmi2", "f16c"] },
  { name: "baseline", arch: "x64", needs: ["sse4_2", "ssse3", "popcnt", "cx16"] },
  { name: "neon", arch: "arm64", needs: [] },
] as const;

export type BuildName = (typeof builds)[number]["name"];

/** What the processor can do, by the names of Linux; empty where it does not tell. */
export function processorFlags(): ReadonlySet<string> {
  // The first processor's part is enough: the whole file has one for each core, and takes milliseconds on big machines.
  const text = startOf("/proc/cpuinfo", 16_384);
  return new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/));
}

/** The builds that run with these instructions, the best first. */
export function buildsFor(flags: ReadonlySet<string>, arch: string = process.arch): BuildName[] {
  return builds.filter((build) => build.arch === arch && build.needs.every((flag) => flags.has(flag))).map(({ name }) => name);
}

function startOf(path: string, numBytes: number): string {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const bytes = Buffer.alloc(numBytes);
    return bytes.toString("latin1", 0, readSync(file, bytes, 0, numBytes, 0));
  } catch {
    return "";
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

import { statfsSync } from "node:fs";
import { arch, cpus, hostname, release, totalmem, type } from "node:os";
import { randomUUID } from "node:crypto";
import { parse } from "node:path";
import type { EnvironmentFacts } from "../log/write-records.js";

/** The machine, and the program with its arguments. */
export function environmentFacts(startMs: number): EnvironmentFacts {
  const cores = cpus();
  return {
    os: `${type()}-${release()}-${arch()}`,
    runtime: `Node.js ${process.versions.node}`,
    startMs,
    args: process.argv.slice(2),
    program: process.argv[1] ?? "",
    root: process.cwd(),
    host: hostname(),
    executable: process.execPath,
    numCores: cores.length,
    memoryBytes: totalmem(),
    disk: diskFacts(),
    cpu: cores[0]?.model ?? "",
    writerId: randomUUID(),
  };
}

function diskFacts(): EnvironmentFacts["disk"] {
  const { root } = parse(process.cwd());
  try {
    const { blocks, bfree, bsize } = statfsSync(root);
    return { root, totalBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize };
  } catch {
    return undefined;
  }
}

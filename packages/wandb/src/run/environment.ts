import { arch, cpus, hostname, release, totalmem, type } from "node:os";
import { randomUUID } from "node:crypto";
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
    cpu: cores[0]?.model ?? "",
    writerId: randomUUID(),
  };
}

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";

// From this folder the bundle finds the addon as the sources do.
const bundle = childProgram(fileURLToPath(new URL("train-child.ts", import.meta.url)), fileURLToPath(new URL("../build", import.meta.url)));

function run(mode: string, env: NodeJS.ProcessEnv = {}) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [bundle, mode], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, signal, stdout, stderr };
}

describe("a process with the engine", () => {
  it("trains in two worker threads at once, with one thread of the kernels each and the same results, and ends with 0", () => {
    const { status, stdout, stderr } = run("workers", { OMP_NUM_THREADS: "2" });
    expect([status, stderr]).toEqual([0, ""]);
    const [first, second] = JSON.parse(stdout) as { losses: number[]; threads: number }[];
    expect(first).toEqual(second);
    expect(first!.threads).toBe(1);
    expect(first!.losses).toHaveLength(10);
    expect(first!.losses.at(-1)).toBeLessThan(first!.losses[0]!);
  });

  it("may end at any moment: process.exit() between two steps gives its code", () => {
    expect(run("exit", { SNAPFIT_THREADS: "2" })).toMatchObject({ status: 7, signal: null });
  });

  it("serves timers between steps", () => {
    const { status, stdout } = run("timers");
    expect(status).toBe(0);
    expect(Number(stdout)).toBeGreaterThan(0);
  });
});

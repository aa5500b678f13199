import { RandomStream } from "@snapfit/base";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";
import { differenceOf, pointsOf, timedNames } from "../src/loggers/compare-points.js";
import { resumable, RUN, runProcess, withWorlds } from "../src/loggers/logger-run.js";
import { allLoggers } from "./support/all-loggers.js";

const program = childProgram(fileURLToPath(new URL("./killed-run-child.ts", import.meta.url)));
const NUM_RUNS = 5;
const NUM_KILLS = 8;
/** How long after its first record a process may live: a whole one takes about as long. */
const MAX_LIFE_MS = 400;

test(`a program with all loggers that is killed ${NUM_KILLS} times, ${NUM_RUNS} times over: each logger has every row once`, async () => {
  const random = RandomStream.fromSeed(3, "kills");
  const { records } = await withWorlds(({ empty }) => runProcess({ addOns: resumable(allLoggers), loggers: allLoggers, world: empty() }));
  for (let run = 0; run < NUM_RUNS; run++) {
    const folder = mkdtempSync(join(tmpdir(), "killed-run-"));
    for (let kill = 0; kill < NUM_KILLS; kill++) await start(folder, random.integer(MAX_LIFE_MS));
    expect(await start(folder)).toBe(0);
    for (const logger of allLoggers) {
      const { points, numRewinds } = await logger.read(join(folder, RUN));
      expect(differenceOf(points, pointsOf(records, logger), timedNames(records, records)), logger.addOn.name).toBeUndefined();
      expect(numRewinds).toBe(0);
    }
    rmSync(folder, { recursive: true });
  }
});

/** @param lifeMs from the first record on @returns the exit code; null if it was killed */
async function start(folder: string, lifeMs?: number): Promise<number | null> {
  const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "ignore"] });
  const exit = once(child, "exit") as Promise<[number | null]>;
  if (lifeMs !== undefined) {
    await Promise.race([once(child.stdout, "data"), exit]);
    await after(lifeMs);
    child.kill("SIGKILL");
  }
  child.stdout.resume();
  return (await exit)[0];
}

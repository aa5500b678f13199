import { expect, test } from "vitest";
import { expectPromisesKept, expectSameEnd, recordedRun } from "./support/lose-power.js";
import { someOf } from "./support/some-of.js";

// More of them in power-loss.slow.ts.
const NUM_STATES = 250;
const NUM_RESUMED = 10;

test.each(["ckpt", "safetensors"] as const)(
  "whatever a power loss leaves of %s files, the run goes on from the newest promised checkpoint",
  async (format) => {
    const { run, states } = await recordedRun(format, NUM_STATES);
    expect(states.length).toBe(NUM_STATES);
    expect(run.announced.length).toBeGreaterThan(5);
    for (const state of states) await expectPromisesKept(format, run, state);
    for (const state of someOf(states, NUM_RESUMED, 1)) await expectSameEnd(format, run, state);
  },
);

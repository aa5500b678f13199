import { expect, test } from "vitest";
import { expectPromisesKept, expectSameEnd, recordedRun } from "./support/lose-power.js";
import { someOf } from "./support/some-of.js";

const NUM_STATES = 3000;
const NUM_RESUMED = 150;

test.each(["ckpt", "safetensors"] as const)(
  "whatever a power loss leaves of %s files, the run goes on from the newest promised checkpoint",
  async (format) => {
    const { run, states, numLeftOut } = await recordedRun(format, NUM_STATES);
    console.log(`${states.length} states, at most ${numLeftOut} more`);
    for (const state of states) await expectPromisesKept(format, run, state);
    for (const state of someOf(states, NUM_RESUMED, 1)) await expectSameEnd(format, run, state);
    expect(states.length).toBe(NUM_STATES);
  },
);

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { childProgram } from "../../../core/test/support/child-program.js";
import { killRuns } from "./kill-runs.js";

const program = childProgram(fileURLToPath(new URL("training-child.ts", import.meta.url)));
const numKills = Number(process.env["SNAPFIT_KILLS"] ?? 1000);
const BATCH = 25;

test(
  "runs that are killed again and again end with the same bits, and what they promised is there",
  async () => {
    const toll = { numKills: 0, numInsideSaves: 0, numInsideWrites: 0, numRuns: 0 };
    for (let seed = 1; toll.numKills < numKills; seed++) {
      const batch = await killRuns(program, {
        numKills: Math.min(BATCH, numKills - toll.numKills),
        epochs: 8,
        killsPerRun: Infinity,
        seed,
      });
      for (const key of ["numKills", "numInsideSaves", "numInsideWrites", "numRuns"] as const) toll[key] += batch[key];
      console.log(
        `${toll.numKills} kills of ${toll.numRuns} runs, ${toll.numInsideSaves} of them inside a save, ${toll.numInsideWrites} of them while files were written`,
      );
    }
    expect(toll.numInsideSaves).toBeGreaterThanOrEqual(numKills / 3);
  },
  6 * 3_600_000,
);

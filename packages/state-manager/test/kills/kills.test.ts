import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { childProgram } from "../../../core/test/support/child-program.js";
import { killRuns } from "./kill-runs.js";

const program = childProgram(fileURLToPath(new URL("training-child.ts", import.meta.url)));

test("runs that are killed at random times end with the same bits, and what they promised is there", async () => {
  const { numKills, numInsideSaves, numRuns } = await killRuns(program, { numKills: 8, epochs: 2, killsPerRun: 4, seed: 1 });
  expect(numKills).toBe(8);
  expect(numInsideSaves).toBeGreaterThan(0);
  expect(numRuns).toBeGreaterThanOrEqual(2);
}, 180_000);

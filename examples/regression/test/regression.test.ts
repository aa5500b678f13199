import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runRegression } from "../src/run-regression.js";
import { friedmanTable, penguinTable } from "../src/tables.js";

const options = { seed: 7, quiet: true };

test("Friedman's function is learned well beyond its linear part, and the same seed gives the same result", async () => {
  const result = await runRegression(friedmanTable(1000, 7), options);
  expect(result.numTestRows).toBe(150);
  expect(result.r2).toBeGreaterThan(0.85);
  expect(result.rmse).toBeLessThan(0.4 * result.baselineRmse);
  expect(result.rmse).toBeGreaterThan(0.9); // the noise has a deviation of 1: less would mean that test rows were seen
  expect(await runRegression(friedmanTable(1000, 7), options)).toEqual(result);
}, 60_000);

const folder = join(process.env["SNAPFIT_DATA"] ?? "", "penguins");
const isHere = process.env["SNAPFIT_DATA"] !== undefined && existsSync(folder);
if (!isHere) console.log("The Palmer penguins are not here (SNAPFIT_DATA): their test is skipped.");

test.skipIf(!isHere)(
  "most of what makes penguins heavy is in their other measures",
  async () => {
    const table = await penguinTable(folder);
    expect(table.inputs.shape).toEqual([333, 7]); // of 344 birds, 11 have missing entries
    expect((await runRegression(table, options)).r2).toBeGreaterThan(0.75);
  },
  60_000,
);

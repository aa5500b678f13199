import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { crossValidate } from "../src/cross-validation.js";
import { encode, learnScales, NUM_FEATURES } from "../src/features.js";
import { generatePenguins, readPenguins, type Penguins } from "../src/penguins.js";

async function accuracyOf(penguins: Penguins): Promise<number> {
  let numBirds = 0;
  let numWrong = 0;
  for await (const fold of crossValidate(penguins, 5, 7)) {
    numBirds += fold.numBirds;
    for (const { count } of fold.mistakes) numWrong += count;
  }
  expect(numBirds).toBe(penguins.species.length); // each once
  return 1 - numWrong / numBirds;
}

test("generated penguins are told apart in cross-validation, those with missing entries too", async () => {
  const penguins = generatePenguins(344, 7);
  expect(penguins.measures.flatMap((column) => [...column]).filter(Number.isNaN).length).toBeGreaterThan(20);
  expect(await accuracyOf(penguins)).toBeGreaterThanOrEqual(0.95);
}, 60_000);

const folder = join(process.env["SNAPFIT_DATA"] ?? "", "penguins");
const isHere = process.env["SNAPFIT_DATA"] !== undefined && existsSync(folder);
if (!isHere) console.log("The Palmer penguins are not here (SNAPFIT_DATA): their test is skipped.");

test.skipIf(!isHere)(
  "at least 95 % of the Palmer penguins are told apart",
  async () => {
    const penguins = await readPenguins(folder);
    expect(penguins.species).toHaveLength(344);
    expect(await accuracyOf(penguins)).toBeGreaterThanOrEqual(0.95);
  },
  60_000,
);

test("a missing measure counts as the mean of the birds that are learned from, and is marked", async () => {
  const penguins: Penguins = {
    measures: [Float32Array.of(1, 3, NaN, 100), Float32Array.of(1, 3, 2, 2), Float32Array.of(1, 3, 2, 2), Float32Array.of(1, 3, 2, 2)],
    island: Int32Array.of(0, 1, 2, 0),
    sex: Int32Array.of(0, 1, -1, 0),
    species: Int32Array.of(0, 1, 2, 0),
  };
  const { data } = encode(penguins, learnScales(penguins, [0, 1, 2])).columns.features;
  expect([...data.subarray(0, 4)]).toEqual([-1, 0, expect.closeTo(-1.2247, 3), 0]);
  expect([...data.subarray(2 * NUM_FEATURES, 2 * NUM_FEATURES + 2)]).toEqual([0, 1]);
  expect([...data.subarray(3 * NUM_FEATURES - 2, 3 * NUM_FEATURES)]).toEqual([0, 0]);
});

test.each([
  [["--data", "nowhere"], /nowhere/],
  [["--fold", "3"], /--fold/],
  [["--folds", "many"], /folds: NaN/],
])("%j ends with one sentence and exit code 2", async (args, sentence) => {
  const program = new URL("../dist/main.js", import.meta.url).pathname;
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
    execFile(process.execPath, [program, ...args], (error, _, text) => resolve({ code: error?.code, stderr: text })),
  );
  expect(code).toBe(2);
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toContain("    at ");
});

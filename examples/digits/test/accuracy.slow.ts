import { join } from "node:path";
import { loader } from "@snapfit/data";
import { expect, it } from "vitest";
import { loadDigits } from "../src/digit-data.js";
import { digitModels } from "../src/digit-models.js";
import { DigitTrainer } from "../src/digit-trainer.js";
import { mnistDigits } from "../src/mnist-digits.js";
import { demo } from "./run-demo.js";

const data = process.env["SNAPFIT_DATA"];
const { run } = demo();

/** The accuracies that a run of the program prints, in per cent. */
function accuracies(output: string): { validation: number; test: number } {
  const [, validation, test] = /Accuracy: ([\d.]+) % in validation .* ([\d.]+) % on the test digits/.exec(output) ?? [];
  return { validation: Number(validation), test: Number(test) };
}

it.each([7, 1, 2, 3])("with seed %i the demo's model reads at least 97 of 100 new digits", async (seed) => {
  const { output } = await run(["--seed", String(seed)]);
  expect(accuracies(output).validation, output).toBeGreaterThanOrEqual(97);
});

it.each([7, 1, 2, 3])("with seed %i logistic regression stays below 93 of 100 on the same digits", async (seed) => {
  const { output } = await run(["--seed", String(seed), "--model", "linear"]);
  const { validation, test } = accuracies(output);
  expect(Math.max(validation, test), output).toBeLessThan(93);
});

it.skipIf(!data)(
  "the MLP reads at least 97.5 % of MNIST's test images when trained on MNIST, the CNN on the native engine 98.5 %",
  async () => {
    const { output } = await run(["--data", join(data!, "mnist")]);
    expect(accuracies(output).test, output).toBeGreaterThanOrEqual(output.includes("Device: native") ? 98.5 : 97.5);
  },
);

it.skipIf(!data)("the MLP reads at least 60 % of MNIST's test images when trained on drawn digits alone", async () => {
  const { train, validation } = await loadDigits({ fast: false } as Parameters<typeof loadDigits>[0], () => undefined);
  const { test } = await mnistDigits(join(data!, "mnist"));
  await using trainer = new DigitTrainer({ model: digitModels.mlp, seed: 7, quiet: true, signals: false });
  await trainer.fit({
    train: loader(train, { batchSize: 64, shuffle: true, seed: 7 }),
    validation: loader(validation, { batchSize: 500 }),
    epochs: 20,
  });
  await trainer.useBest();
  expect((await trainer.test(loader(test, { batchSize: 500 })))["acc"]).toBeGreaterThanOrEqual(0.6);
});

import "@snapfit/native";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { StepCase } from "../../../benchmarks/step/cases.js";
import { Training } from "../../../benchmarks/step/training.js";

interface Fixture {
  readonly cases: Readonly<Record<string, { readonly case: StepCase; readonly losses: readonly number[] }>>;
}
const { cases } = JSON.parse(readFileSync(new URL("fixtures/training/losses.json", import.meta.url), "utf8")) as Fixture;
const TOLERANCE = 1e-4;

/** Losses of training on a backend, from weights that PyTorch computed by the same formula. */
async function lossesOn(backend: string, settings: StepCase, numSteps: number): Promise<number[]> {
  await tf.setBackend(backend);
  expect(tf.getBackend()).toBe(backend);
  tf.engine().startScope();
  const losses = new Training(settings, { startsFrom: "formula" }).losses(numSteps);
  tf.engine().endScope();
  return losses;
}

function largestDifference(left: readonly number[], right: readonly number[]): number {
  expect(left).toHaveLength(right.length);
  return Math.max(...left.map((value, index) => Math.abs(value - right[index]!)));
}

describe("20 steps of training", () => {
  it.each(Object.entries(cases))("give PyTorch's losses on the native engine and on cpu: %s", async (_, { case: settings, losses }) => {
    expect(losses).toHaveLength(20);
    expect(losses[0]! - losses.at(-1)!, "what is compared moves").toBeGreaterThan(100 * TOLERANCE);
    const native = await lossesOn("native", settings, losses.length);
    const cpu = await lossesOn("cpu", settings, losses.length);
    expect(largestDifference(native, losses), "native, PyTorch").toBeLessThan(TOLERANCE);
    expect(largestDifference(cpu, losses), "cpu, PyTorch").toBeLessThan(TOLERANCE);
    expect(largestDifference(native, cpu), "native, cpu").toBeLessThan(TOLERANCE);
  });
});

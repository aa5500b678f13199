import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, test } from "vitest";
import { adam, adamW, rmsProp, sgd, type Optimizer } from "../src/index.js";
import { useBackend } from "./backends.js";

interface Fixture {
  readonly shapes: Record<string, number[]>;
  readonly start: Record<string, number[]>;
  readonly gradients: Record<string, number[]>[];
  readonly cases: { title: string; factory: keyof typeof factories; options: never; values: Record<string, Record<string, number[]>> }[];
}

const factories = { adam, adamW, rmsProp, sgd };
const fixture = JSON.parse(readFileSync(new URL("fixtures/optimizers.json", import.meta.url), "utf8")) as Fixture;

describe.each(["cpu", "wasm", "device"] as const)("on %s", (backend) => {
  beforeEach(() => useBackend(backend));

  test.each(fixture.cases)(
    "$title equals PyTorch over 50 steps, with a parameter that appears late",
    async ({ factory, options, values }) => {
      const optimizer: Optimizer = factories[factory](options);
      const parameters = new Map(
        Object.entries(fixture.start).map(([name, start]) => [name, tf.variable(tf.tensor(start, fixture.shapes[name]))]),
      );
      for (const [index, byName] of fixture.gradients.entries()) {
        const gradients = new Map(Object.entries(byName).map(([name, gradient]) => [name, tf.tensor(gradient, fixture.shapes[name])]));
        optimizer.apply(gradients, parameters, 1);
        for (const [name, expected] of Object.entries(values[index + 1] ?? {})) {
          expect(largestDifference(await parameters.get(name)!.data(), expected)).toBeLessThan(1e-6);
        }
      }
    },
  );
});

test.each(fixture.cases)("$title gives the same numbers by the fused loop and by operations", async ({ factory, options }) => {
  const [fused, byOperations] = [await run("cpu"), await run("device")];
  for (const [name, values] of fused) expect(largestDifference(values, byOperations.get(name)!)).toBeLessThan(1e-6);

  async function run(backend: "cpu" | "device"): Promise<Map<string, Float32Array>> {
    await useBackend(backend);
    const optimizer: Optimizer = factories[factory](options);
    const parameters = new Map(
      Object.entries(fixture.start).map(([name, start]) => [name, tf.variable(tf.tensor(start, fixture.shapes[name]))]),
    );
    for (const byName of fixture.gradients) {
      optimizer.apply(
        new Map(Object.entries(byName).map(([name, gradient]) => [name, tf.tensor(gradient, fixture.shapes[name])])),
        parameters,
        1,
      );
    }
    return new Map(await Promise.all([...parameters].map(async ([name, value]) => [name, (await value.data()) as Float32Array] as const)));
  }
});

/** Relative for values above 1, where float32 has no finer steps than 1.2e-7 of the value. */
function largestDifference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Math.max(...Array.from(expected, (value, i) => Math.abs(values[i]! - value) / Math.max(1, Math.abs(value))));
}

import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, test } from "vitest";
import * as optim from "../src/index.js";
import type { OneCycleOptions, Optimizer } from "../src/index.js";
import { useBackend } from "./backends.js";

interface Fixture {
  readonly shapes: Record<string, number[]>;
  readonly start: Record<string, number[]>;
  readonly gradients: Record<string, number[]>[];
  readonly cases: Case[];
}

interface Case {
  readonly title: string;
  readonly factory: string;
  readonly options: Record<string, never>;
  /** Options of the cycle that drives rate and momentum. */
  readonly oneCycle?: OneCycleOptions;
  readonly values: Record<string, Record<string, number[]>>;
}

const factories: Record<string, (options: Record<string, never>) => Optimizer> = {
  ...optim,
  lookahead: ({ everySteps, alpha, ...options }: Record<string, never>) => optim.lookahead(optim.adamW(options), { everySteps, alpha }),
} as never;
const fixture = JSON.parse(readFileSync(new URL("fixtures/optimizers.json", import.meta.url), "utf8")) as Fixture;

/** Runs a case and calls `look` after each step. */
async function run(
  { factory, options, oneCycle }: Case,
  look: (step: number, parameters: ReadonlyMap<string, tf.Variable>) => Promise<void>,
): Promise<void> {
  const optimizer = factories[factory]!(options);
  const schedule = oneCycle && optim.oneCycle(oneCycle);
  const parameters = new Map(Object.entries(fixture.start).map(([name, start]) => [name, tf.variable(tensorOf(name, start))]));
  for (const [step, byName] of fixture.gradients.entries()) {
    const gradients = new Map(Object.entries(byName).map(([name, gradient]) => [name, tensorOf(name, gradient)]));
    const moment = { step, epoch: 0, totalSteps: fixture.gradients.length };
    optimizer.apply(gradients, parameters, schedule?.at(moment) ?? 1, schedule?.momentumAt?.(moment));
    await look(step + 1, parameters);
  }
}

function tensorOf(name: string, values: readonly number[]): tf.Tensor {
  return tf.tensor([...values], fixture.shapes[name]);
}

describe.each(["cpu", "wasm", "device"] as const)("on %s", (backend) => {
  beforeEach(() => useBackend(backend));

  test.each(fixture.cases)("$title equals the reference over 50 steps, with a parameter that appears late", async (each) => {
    let worst = 0;
    await run(each, async (step, parameters) => {
      for (const [name, expected] of Object.entries(each.values[step] ?? {})) {
        worst = Math.max(worst, largestDifference(await parameters.get(name)!.data(), expected));
      }
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

test.each(fixture.cases)("$title gives the same numbers by the fused loop and by operations", async (each) => {
  const [fused, byOperations] = [await last("cpu"), await last("device")];
  for (const [name, values] of fused) expect(largestDifference(values, byOperations.get(name)!)).toBeLessThan(1e-6);

  async function last(backend: "cpu" | "device"): Promise<Map<string, Float32Array>> {
    await useBackend(backend);
    const values = new Map<string, Float32Array>();
    await run(each, async (step, parameters) => {
      if (step < fixture.gradients.length) return;
      for (const [name, parameter] of parameters) values.set(name, (await parameter.data()) as Float32Array);
    });
    return values;
  }
});

/** Relative for values above 1, where float32 has no finer steps than 1.2e-7 of the value. */
function largestDifference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Math.max(...Array.from(expected, (value, i) => Math.abs(values[i]! - value) / Math.max(1, Math.abs(value))));
}

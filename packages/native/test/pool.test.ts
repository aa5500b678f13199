import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import "@snapfit/native";
import { profileKernels } from "@snapfit/native";
import { difference, onBothBackends, random, randomNumbers, randomValues, type Values } from "./on-both-backends.js";

const run = (kernel: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor | tf.Tensor[] =>
  tf.engine().runKernel(kernel, inputs, attrs as never);

interface Case {
  readonly x: readonly number[];
  readonly attrs: object;
}

function randomCases(count: number, axes: 2 | 3, seed: number): Case[] {
  const next = randomNumbers(seed);
  const whole = (least: number, most: number): number => least + Math.floor(((next() + 1) / 2) * (most - least + 1));
  const pick = <T>(...choices: T[]): T => choices[whole(0, choices.length - 1)]!;
  const several = (least: number, most: number): number[] => Array.from({ length: axes }, () => whole(least, most));
  return Array.from({ length: count }, () => {
    const pad = pick<string | number>("same", "valid", 1);
    const rounding = typeof pad === "string" ? {} : { dimRoundingMode: pick("floor", "ceil") };
    const format = axes === 3 ? { dataFormat: "NDHWC" } : {};
    const x = [pick(1, 2, 5), ...several(5, 9), pick(1, 3, 10, 64, 70)];
    // The cpu backend's positions of maxima are right for cubes only.
    const side = whole(2, 3);
    const filterSize = axes === 3 ? [side, side, side] : several(2, 3);
    return { x, attrs: { filterSize, strides: several(1, 3), pad, ...rounding, ...format } };
  });
}

/** A sentence for each result that is not the cpu backend's. */
const problemsIn = (pair: { native: Values[]; cpu: Values[] }, name: string): string[] =>
  pair.native.flatMap((values, i) => {
    const distance = difference(values, pair.cpu[i]!);
    return distance < 1e-6 ? [] : [`${name}, result ${i}: off by ${distance}`];
  });

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe("pools of the native backend", () => {
  for (const [axes, suffix] of [
    [2, ""],
    [3, "3D"],
  ] as const) {
    it(`equal the cpu backend's over ${axes} axes, with their gradients`, async () => {
      let seed = 100 * axes;
      for (const { x, attrs } of randomCases(24, axes, axes)) {
        const input = random(x, (seed += 2));
        const name = `${suffix} ${JSON.stringify({ x, attrs })}`;
        const average = await onBothBackends({ x: input }, (inputs) => run(`AvgPool${suffix}`, inputs, attrs));
        // Where a window holds no cell the cpu backend gives NaN over two axes and 0 over three; ours gives 0.
        if (!/"pad":"/.test(name)) average.cpu[0]!.values.forEach((value, i, values) => (values[i] = Number.isNaN(value) ? 0 : value));
        expect(problemsIn(average, `AvgPool${name}`)).toEqual([]);
        const largest = await onBothBackends({ x: input }, (inputs) => run(`MaxPool${suffix}`, inputs, attrs));
        expect(problemsIn(largest, `MaxPool${name}`)).toEqual([]);
        const dy = random(largest.cpu[0]!.shape, seed + 1);
        const inputs = { dy, input, output: largest.cpu[0]! };
        expect(
          problemsIn(await onBothBackends(inputs, (tensors) => run(`MaxPool${suffix}Grad`, tensors, attrs)), `MaxPool${name} gradient`),
        ).toEqual([]);
        // The average is linear: <dy, average(x)> = <gradient(dy), x>.
        const [gradient] = (await onBothBackends({ dy, input }, (tensors) => run(`AvgPool${suffix}Grad`, tensors, attrs))).native;
        expect(
          Math.abs(dot(dy.values, average.native[0]!.values) - dot(gradient!.values, input.values)),
          `AvgPool${name} gradient`,
        ).toBeLessThan(1e-4);
      }
    });
  }

  it("give the gradient to the first of equal maxima, also where no value is positive", async () => {
    await tf.setBackend("native");
    const x = tf.tensor4d([-3, -1, -1, -2, -5, -5, -5, -5], [1, 2, 4, 1]);
    const gradient = tf.grad((input) => tf.sum(tf.mul(tf.maxPool(input as tf.Tensor4D, 2, 2, "valid"), tf.tensor4d([7, 9], [1, 1, 2, 1]))))(
      x,
    );
    expect([...(await gradient.data())]).toEqual([0, 7, 9, 0, 0, 0, 0, 0]);
    expect([...(await tf.maxPool(x, 2, 2, "valid").data())]).toEqual([-1, -1]);
  });

  it("treat NaN and infinity as the cpu backend does", async () => {
    const values = randomValues([1, 6, 6, 3], 5);
    values[0] = Number.NaN;
    values[50] = Number.POSITIVE_INFINITY;
    values[80] = Number.NEGATIVE_INFINITY;
    const x = { shape: [1, 6, 6, 3], values };
    const attrs = { filterSize: 2, strides: 1, pad: "same" };
    for (const kind of ["MaxPool", "AvgPool"]) {
      expect(problemsIn(await onBothBackends({ x }, (inputs) => run(kind, inputs, attrs)), kind)).toEqual([]);
    }
  });

  it("tell where maxima lie", async () => {
    for (const includeBatchInIndex of [false, true]) {
      const attrs = { filterSize: [2, 3], strides: [2, 1], pad: "same", includeBatchInIndex };
      expect(
        problemsIn(await onBothBackends({ x: random([3, 5, 6, 4], 6) }, (inputs) => run("MaxPoolWithArgmax", inputs, attrs)), "positions"),
      ).toEqual([]);
    }
  });

  it("leave integers to the cpu backend, and serve the rest", async () => {
    await tf.setBackend("native");
    const uses = await profileKernels(() =>
      tf.tidy(() => {
        const x = tf.randomNormal([2, 8, 8, 4], 0, 1, "float32", 1) as tf.Tensor4D;
        tf.grad((a) => tf.sum(tf.add(tf.maxPool(a as tf.Tensor4D, 2, 2, "same"), tf.avgPool(a as tf.Tensor4D, 2, 2, "same"))))(x);
        const volume = tf.reshape(x, [2, 4, 4, 4, 4]) as tf.Tensor5D;
        tf.grad((a) => tf.sum(tf.add(tf.maxPool3d(a as tf.Tensor5D, 2, 2, "same"), tf.avgPool3d(a as tf.Tensor5D, 2, 2, "same"))))(volume);
        tf.maxPool(tf.ones([1, 4, 4, 1], "int32") as tf.Tensor4D, 2, 2, "valid");
      }),
    );
    const fallbacks = uses.filter(({ isFallback, kernel }) => isFallback && /Pool/.test(kernel));
    expect(fallbacks.map(({ kernel, count }) => `${kernel} ${count}`)).toEqual(["MaxPool 1"]);
  });
});

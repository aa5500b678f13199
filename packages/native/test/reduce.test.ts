import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { profileKernels, setThreads } from "@snapfit/native";
import { difference, onBothBackends, random, randomNumbers, type Values } from "./on-both-backends.js";

type Reduction = (x: tf.Tensor, axes: number[] | undefined, keepDims: boolean) => tf.Tensor;

const reductions: Readonly<Record<string, Reduction>> = {
  Sum: (x, axes, keepDims) => tf.sum(x, axes, keepDims),
  Mean: (x, axes, keepDims) => tf.mean(x, axes, keepDims),
  Max: (x, axes, keepDims) => tf.max(x, axes, keepDims),
  Min: (x, axes, keepDims) => tf.min(x, axes, keepDims),
  Prod: (x, axes, keepDims) => tf.prod(tf.add(x, 1.5), axes, keepDims),
  "Sum of int32": (x, axes, keepDims) => tf.sum(tf.cast(tf.mul(x, 1e9), "int32"), axes, keepDims),
  "Max of int32": (x, axes, keepDims) => tf.max(tf.cast(tf.mul(x, 1e9), "int32"), axes, keepDims),
  "Min of int32": (x, axes, keepDims) => tf.min(tf.cast(tf.mul(x, 1e9), "int32"), axes, keepDims),
  "Mean of int32": (x, axes, keepDims) => tf.mean(tf.cast(tf.mul(x, 100), "int32"), axes, keepDims),
  "Sum of bool": (x, axes, keepDims) => tf.sum(tf.greater(x, 0), axes, keepDims),
  "Mean of bool": (x, axes, keepDims) => tf.mean(tf.greater(x, 0), axes, keepDims),
  Any: (x, axes, keepDims) => tf.any(tf.greater(x, 0.7), axes, keepDims),
  All: (x, axes, keepDims) => tf.all(tf.greater(x, -0.7), axes, keepDims),
};

/** Shapes of rank 0 to 6 with axes to reduce: none, some or all of them. */
const shapesWithAxes = fc
  .array(fc.constantFrom(1, 2, 3, 5, 9), { maxLength: 6 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.option(fc.subarray([...shape.keys()])), fc.boolean(), fc.nat()));

describe("reductions", () => {
  it.each(Object.keys(reductions))("%s is as on cpu over any axes of any shape", async (name) => {
    await fc.assert(
      fc.asyncProperty(shapesWithAxes, async ([shape, axes, keepDims, seed]) => {
        const { native, cpu } = await onBothBackends({ x: random(shape, seed) }, ({ x }) =>
          reductions[name]!(x!, axes ?? undefined, keepDims),
        );
        expect(difference(native[0]!, cpu[0]!)).toBeLessThan(3e-6);
        expect(native[0]!.values.constructor).toBe(cpu[0]!.values.constructor);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  // Long and narrow, short and wide, cut into blocks and not, multiples of no vector length.
  it.each([
    [[70_001], [0]],
    [[3, 40_007], [1]],
    [[2500, 67], [1]],
    [[2500, 67], [0]],
    [[40_011, 3], [0]],
    [[9001, 10], [0]],
    [[5, 3000], [0]],
    [[700, 1500], [0]],
    [[20, 300, 37], [1]],
    [[2, 1001, 5], [1]],
    [
      [6, 11, 5, 130],
      [0, 2],
    ],
    [
      [6, 110, 5, 13],
      [1, 3],
    ],
    [
      [64, 12, 12, 33],
      [0, 1, 2],
    ],
  ] as const)("sums, means and extremes of %j over %j are right in every block", async (shape, axes) => {
    const { native, cpu } = await onBothBackends({ x: random(shape, shape[0]) }, ({ x }) =>
      ["Sum", "Mean", "Max", "Min", "Sum of int32", "Sum of bool", "Any", "All"].map((name) => reductions[name]!(x!, [...axes], false)),
    );
    for (const [i, expected] of cpu.entries()) expect(difference(native[i]!, expected)).toBeLessThan(3e-6);
  });

  it("adds a million ones exactly, and a million numbers to seven digits", async () => {
    await tf.setBackend("native");
    expect((await tf.sum(tf.ones([1_000_000])).data())[0]).toBe(1_000_000);
    expect([...(await tf.sum(tf.ones([1_000_000, 2]), 0).data())]).toEqual([1_000_000, 1_000_000]);
    const next = randomNumbers(3);
    const values = Float32Array.from({ length: 1_000_000 }, () => (next() + 1) / 2);
    const sum = values.reduce((total, value) => total + value, 0);
    for (const shape of [[1_000_000], [1000, 1000], [250_000, 4], [2, 500_000]]) {
      const x = tf.tensor(values, shape);
      for (const axis of [0, -1]) expect(Math.abs((await tf.sum(tf.sum(x, axis)).data())[0]! / sum - 1)).toBeLessThan(2e-7);
    }
  });

  it("gives the same bits with any number of threads", async () => {
    await tf.setBackend("native");
    const run = async (shape: number[], axis: number): Promise<tf.TypedArray> =>
      tf.sum(tf.tensor(random(shape, 5).values, shape), axis).data();
    for (const [shape, axis] of [
      [[300_000], 0],
      [[36_864, 64], 0],
      [[200_000, 3], 0],
      [[64, 5000], 1],
      [[3, 100_000], 1],
    ] as const) {
      setThreads(1);
      const alone = await run([...shape], axis);
      setThreads(2);
      expect(await run([...shape], axis)).toEqual(alone);
    }
  });

  it("lets NaN and infinity through, wherever they stand", async () => {
    for (const length of [1, 5, 40, 70_000]) {
      for (const [odd, at] of [
        [Number.NaN, 0],
        [Number.NaN, length - 1],
        [Number.NEGATIVE_INFINITY, length >> 1],
        [Number.POSITIVE_INFINITY, 0],
      ] as const) {
        const values = random([length], 8).values;
        values[at] = odd;
        for (const shape of [[length], [length, 1, 1], [1, length]]) {
          const x: Values = { shape, values };
          const { native, cpu } = await onBothBackends({ x }, (inputs) =>
            [tf.sum, tf.max, tf.min, tf.mean].map((run) => run(inputs["x"]!)),
          );
          for (const [i, expected] of cpu.entries()) expect(difference(native[i]!, expected)).toBeLessThan(1e-5);
        }
      }
    }
  });

  it("gives what cpu gives where there is nothing to reduce", async () => {
    for (const [shape, axis] of [
      [[0], 0],
      [[0, 3], 0],
      [[3, 0], 1],
      [[0, 3], 1],
      [[2, 0, 3], 1],
    ] as const) {
      const x: Values = { shape, values: new Float32Array(0) };
      const { native, cpu } = await onBothBackends({ x }, (inputs) => [tf.sum, tf.mean, tf.prod].map((run) => run(inputs["x"]!, axis)));
      expect(native).toEqual(cpu);
    }
  });

  it("runs in the addon", async () => {
    await tf.setBackend("native");
    const x = tf.tensor(random([4, 3, 2], 1).values, [4, 3, 2]);
    const uses = await profileKernels(() => {
      for (const run of Object.values(reductions)) run(x, [0, 2], true).dataSync();
      for (const run of [tf.argMax, tf.argMin]) run(x, 1).dataSync();
      tf.cumsum(x, 1).dataSync();
    });
    expect(uses.filter(({ isFallback }) => isFallback)).toEqual([]);
  });
});

describe("gradients of sums and means", () => {
  it("are as on cpu over any axes of any shape, those of gradients too", async () => {
    for (const name of ["Sum", "Mean"]) {
      const reduce = reductions[name]!;
      await fc.assert(
        fc.asyncProperty(shapesWithAxes, async ([shape, axes, keepDims, seed]) => {
          const { native, cpu } = await onBothBackends({ x: random(shape, seed) }, ({ x }) => {
            const slope = tf.grad((input: tf.Tensor) => tf.square(reduce(tf.square(input), axes ?? undefined, keepDims)));
            return [slope(x!), tf.grad((input) => tf.mul(slope(input), input))(x!)];
          });
          for (const [i, expected] of cpu.entries()) expect(difference(native[i]!, expected)).toBeLessThan(1e-5);
        }),
        { numRuns: 60, seed: 3 },
      );
    }
  });

  it("are one kernel", async () => {
    await tf.setBackend("native");
    const x = tf.ones([3, 4]);
    const uses = await profileKernels(() => tf.tidy(() => void tf.grad((input) => tf.mean(input, 1))(x, tf.ones([3]))));
    expect(uses.map(({ kernel }) => kernel).filter((kernel) => kernel !== "Mean" && kernel !== "Identity" && kernel !== "Fill")).toEqual([
      "BroadcastScaled",
    ]);
  });
});

describe("the place of the extreme", () => {
  it("is the first of equals, and NaN only where it comes first, along every axis", async () => {
    const next = randomNumbers(2);
    for (const shape of [[7], [1], [5, 10], [3, 4, 300], [2, 3, 4, 5], [64, 1000], [2, 700, 3]]) {
      const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () =>
        next() > 0.9 ? Number.NaN : Math.round(next() * 20),
      );
      for (let axis = 0; axis < shape.length; axis++) {
        const { native, cpu } = await onBothBackends({ x: { shape, values } }, ({ x }) => [
          tf.argMax(x!, axis),
          tf.argMin(x!, axis),
          tf.argMax(tf.cast(x!, "int32"), axis),
          tf.argMin(tf.cast(x!, "int32"), axis),
        ]);
        expect(native).toEqual(cpu);
      }
    }
  });
});

describe("running sums", () => {
  it("go along every axis, either way, with and without the element itself", async () => {
    for (const shape of [[7], [5, 10], [3, 4, 300], [2, 3, 4, 5], [0, 3], [4000, 2]]) {
      for (let axis = 0; axis < shape.length; axis++) {
        for (const [exclusive, reverse] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ] as const) {
          const { native, cpu } = await onBothBackends({ x: random(shape, 4) }, ({ x }) => tf.cumsum(x!, axis, exclusive, reverse));
          expect(difference(native[0]!, cpu[0]!)).toBeLessThan(2e-5);
        }
      }
    }
  });
});

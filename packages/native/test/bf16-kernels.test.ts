import { setPrecision } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { bothPrecisions, compare, memoryOf, values } from "./bf16-chain.js";

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor | tf.Tensor[] =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];

beforeAll(async () => {
  await tf.setBackend("native");
});
afterEach(() => void setPrecision("f32"));

describe("kernels on tensors that lie as bfloat16", () => {
  const images = [
    { x: [2, 12, 12, 16], filter: [3, 3, 16, 40], strides: 1, pad: "same" },
    { x: [3, 17, 15, 10], filter: [3, 3, 10, 37], strides: 2, pad: "same" },
    { x: [4, 28, 28, 1], filter: [3, 3, 1, 32], strides: 1, pad: "valid" },
    { x: [2, 16, 16, 3], filter: [5, 5, 3, 64], strides: 2, pad: "valid" },
    { x: [8, 8, 8, 64], filter: [1, 1, 64, 128], strides: 2, pad: "same" },
    // As products of matrices.
    { x: [32, 4, 4, 256], filter: [3, 3, 256, 256], strides: 1, pad: "same" },
    { x: [32, 8, 8, 256], filter: [3, 3, 256, 512], strides: 2, pad: "same" },
  ] as const;

  it.each(images)("convolve $x with $filter, and so do the gradients", async ({ x, filter, strides, pad }) => {
    const attrs = { strides, pad, dataFormat: "NHWC", dilations: 1 };
    const y = tf.backend_util.computeConv2DInfo([...x], [...filter], strides, 1, pad).outShape;
    // The filter is float32 and rounded for the product: two roundings of factors, errors of many terms add up like their root.
    const bound = 2 ** -7;
    expect(
      await compare([x, filter], ([image, kernel]) => run("Conv2D", { x: image!, filter: kernel! }, attrs), { bound, numFloats: 1 }),
    ).toEqual([]);
    expect(
      await compare(
        [y, filter],
        ([dy, kernel]) => run("Conv2DBackpropInput", { dy: dy!, filter: kernel! }, { ...attrs, inputShape: [...x] }),
        { bound, numFloats: 1 },
      ),
    ).toEqual([]);
    expect(
      await compare([x, y], ([image, dy]) => run("Conv2DBackpropFilter", { x: image!, dy: dy! }, { ...attrs, filterShape: [...filter] }), {
        isFloat: true,
        bound,
      }),
    ).toEqual([]);
    expect(
      await compare(
        [x, filter, [filter[3]]],
        ([image, kernel, bias]) => run("FusedConv2D", { x: image!, filter: kernel!, bias: bias! }, { ...attrs, activation: "relu" }),
        { bound, numFloats: 2 },
      ),
    ).toEqual([]);
  });

  it("convolve in bf16 what comes as float32 too", () => {
    const x = tf.randomNormal([4, 20, 20, 8], 0, 1, "float32", 3) as tf.Tensor4D;
    const filter = tf.randomNormal([3, 3, 8, 16], 0, 1, "float32", 4) as tf.Tensor4D;
    setPrecision("bf16");
    expect(memoryOf(tf.conv2d(x, filter, 1, "same")).isBf16Only).toBe(true);
    setPrecision("f32");
    expect(memoryOf(tf.conv2d(x, filter, 1, "same")).isBf16Only).toBe(false);
  });

  const rows = [3, 5, 7, 19];
  it("add, subtract, multiply and divide", async () => {
    for (const name of ["Add", "Sub", "Multiply", "RealDiv"]) {
      // Divisors away from zero.
      const b = (tensor: tf.Tensor): tf.Tensor => (name === "RealDiv" ? tf.add(tensor, tf.scalar(2)) : tensor);
      expect(await compare([rows, rows], ([x, y]) => run(name, { a: x!, b: b(y!) }), { bound: 3 * 2 ** -8 })).toEqual([]);
      expect(await compare([rows, [19]], ([x, row]) => run(name, { a: x!, b: b(row!) }), { numFloats: 1 })).toEqual([]);
      expect(await compare([rows, []], ([x, scalar]) => run(name, { a: x!, b: b(scalar!) }), { numFloats: 1 })).toEqual([]);
      expect(await compare([rows, [3, 1, 1, 19]], ([x, y]) => run(name, { a: x!, b: b(y!) }), { numFloats: 1 })).toEqual([]);
      // A full float32 operand: so is the result.
      expect(await compare([rows, rows], ([x, y]) => run(name, { a: x!, b: b(y!) }), { isFloat: true, bound: 1e-6, numFloats: 1 })).toEqual(
        [],
      );
    }
  });

  it("apply activations and their gradients", async () => {
    for (const name of ["Relu", "Relu6", "Elu", "Selu", "Sigmoid", "Tanh", "Neg", "Abs"])
      expect(await compare([rows], ([x]) => run(name, { x: x! }))).toEqual([]);
    for (const activation of ["relu", "relu6", "elu", "selu", "sigmoid", "tanh", "softplus", "leakyRelu"]) {
      const attrs = { activation, alpha: 0.2 };
      expect(await compare([rows, rows], ([dy, saved]) => run("FusedActivationGradient", { dy: dy!, saved: saved! }, attrs))).toEqual([]);
      // The gradient lies as the tensor does, whatever comes from behind.
      expect(
        await compare([rows, rows], ([saved, dy]) => run("FusedActivationGradient", { dy: dy!, saved: saved! }, attrs), { numFloats: 1 }),
      ).toEqual([]);
    }
    for (const activation of ["relu", "elu", "sigmoid", "tanh"])
      for (const shape of [rows, [2, 9, 9, 64], [1, 30, 30, 80]])
        expect(await compare([shape, shape], ([dy, y]) => run("FusedBiasGradient", { dy: dy!, y: y! }, { activation }))).toEqual([]);
  });

  it("drop out, and apply gelu with its gradient", async () => {
    expect(await compare([rows], ([x]) => run("FusedDropout", { x: x! }, { rate: 0.3, seed: 5 }))).toEqual([]);
    for (const approximate of [false, true]) {
      expect(await compare([rows], ([x]) => run("Gelu", { x: x! }, { approximate }))).toEqual([]);
      expect(await compare([rows, rows], ([dy, x]) => run("GeluGrad", { dy: dy!, x: x! }, { approximate }))).toEqual([]);
      expect(await compare([rows, rows], ([x, dy]) => run("GeluGrad", { dy: dy!, x: x! }, { approximate }), { numFloats: 1 })).toEqual([]);
    }
  });

  it("normalise", async () => {
    for (const shape of [rows, [16, 8, 8, 64], [5, 3]]) {
      const channels = shape.at(-1)!;
      const vectors = [[channels], [channels], [channels], [channels]];
      expect(
        await compare(
          [shape, ...vectors],
          ([x, gamma, beta, movingMean, movingVariance]) =>
            run(
              "FusedBatchNormTraining",
              { x: x!, gamma: gamma!, beta: beta!, movingMean: movingMean!, movingVariance: movingVariance! },
              { epsilon: 1e-3, momentum: 0.9 },
            ),
          { numFloats: 4 },
        ),
      ).toEqual([]);
      const gradient = ([dy, x, statistics, gamma]: tf.Tensor[]): tf.Tensor | tf.Tensor[] =>
        run("FusedBatchNormTrainingGrad", { dy: dy!, x: x!, statistics: tf.abs(statistics!), gamma: gamma! });
      expect(await compare([shape, shape, [2, channels], [channels]], gradient, { numFloats: 2 })).toEqual([]);
      expect(
        await compare([shape, [2, channels], [channels], shape], ([x, statistics, gamma, dy]) => gradient([dy!, x!, statistics!, gamma!]), {
          numFloats: 3,
        }),
      ).toEqual([]);
      expect(
        await compare(
          [shape, ...vectors],
          ([x, mean, variance, scale, offset]) =>
            run(
              "FusedBatchNorm",
              { x: x!, mean: mean!, variance: tf.abs(variance!), scale: scale!, offset: offset! },
              { varianceEpsilon: 1e-3 },
            ),
          { numFloats: 4 },
        ),
      ).toEqual([]);
    }
  });

  it("pool, and spread gradients over windows that overlap or not", async () => {
    for (const [filterSize, strides] of [
      [2, 2],
      [3, 2],
      [3, 1],
      [5, 5],
    ] as const)
      for (const channels of [3, 16, 40])
        for (const kind of ["MaxPool", "AvgPool"]) {
          const shape: [number, number, number, number] = [2, 9, 7, channels];
          const attrs = { filterSize, strides, pad: "same" };
          const { outShape } = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, "same");
          expect(await compare([shape], ([x]) => run(kind, { x: x! }, attrs))).toEqual([]);
          expect(
            await compare([shape, outShape], ([input, dy]) =>
              run(`${kind}Grad`, { dy: dy!, input: input!, output: run(kind, { x: input! }, attrs) as tf.Tensor }, attrs),
            ),
          ).toEqual([]);
          expect(
            await compare(
              [shape, outShape],
              ([input, dy]) => run(`${kind}Grad`, { dy: dy!, input: input!, output: run(kind, { x: input! }, attrs) as tf.Tensor }, attrs),
              { numFloats: 1 },
            ),
          ).toEqual([]);
        }
  });

  it("sum in float32, and give gradients that lie as the input does", async () => {
    for (const axis of [[0], [1, 2], [3], [0, 1, 2, 3]]) {
      expect(await compare([[4, 9, 9, 33]], ([x]) => tf.sum(x!, axis), { isFloat: true, bound: 1e-6 })).toEqual([]);
      expect(await compare([[4, 9, 9, 33]], ([x]) => tf.mean(x!, axis), { isFloat: true, bound: 1e-6 })).toEqual([]);
      expect(await compare([[4, 9, 9, 33]], ([x]) => tf.grad((input) => tf.sum(tf.mean(input, axis)))(x!))).toEqual([]);
    }
  });

  it("compute exponentials and logarithms in float32", () => {
    const { half } = bothPrecisions([100], 1);
    expect(memoryOf(tf.exp(half)).isBf16Only).toBe(false);
  });

  it("keep NaN and infinity", () => {
    const numbers = [NaN, Infinity, -Infinity, 1, -1, ...new Array<number>(27).fill(0)];
    const { half } = bothPrecisions([2, 32], 1);
    const y = tf.relu(tf.add(tf.mul(half, tf.scalar(0)), tf.tensor1d(numbers)));
    expect(memoryOf(y).isBf16Only).toBe(true);
    expect([...values(y).values].slice(32, 37)).toEqual([NaN, Infinity, 0, 1, 0]);
  });

  it("become float32 when they are read", async () => {
    const { half, full } = bothPrecisions([7, 9], 5);
    const shared = tf.reshape(half, [63]);
    expect(memoryOf(shared).isBf16Only).toBe(true);
    expect(await shared.data()).toEqual(await full.data());
    expect([memoryOf(half).isBf16Only, memoryOf(half).bf16]).toEqual([false, undefined]);
  });
});

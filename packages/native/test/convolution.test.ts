import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import "@snapfit/native";
import { profileKernels } from "@snapfit/native";
import { difference, onBothBackends, random, randomNumbers, randomValues, type Values } from "./on-both-backends.js";

const run = (kernel: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor =>
  tf.engine().runKernel(kernel, inputs, { dataFormat: kernel.startsWith("Conv3D") ? "NDHWC" : "NHWC", ...attrs } as never) as tf.Tensor;

interface Case {
  readonly x: readonly number[];
  readonly filter: readonly number[];
  readonly attrs: {
    strides: number | number[];
    pad: unknown;
    dilations?: number | number[];
    dimRoundingMode?: string;
    dataFormat?: string;
  };
}

/** Shapes that grow and shrink, channel counts that fill no vector register, all kinds of padding. */
function randomCases(count: number, isDepthwise: boolean, seed: number): Case[] {
  const next = randomNumbers(seed);
  const whole = (least: number, most: number): number => least + Math.floor(((next() + 1) / 2) * (most - least + 1));
  const pick = <T>(...choices: T[]): T => choices[whole(0, choices.length - 1)]!;
  return Array.from({ length: count }, () => {
    const kernel = [whole(1, 4), whole(1, 4)];
    const strides = pick([1, 1], [1, 1], [2, 2], [2, 1], [3, 2]);
    const padNumber = whole(0, 2);
    const explicit = [
      [0, 0],
      [whole(0, 2), whole(0, 2)],
      [whole(0, 2), whole(0, 2)],
      [0, 0],
    ];
    const pad = pick<unknown>("same", "valid", padNumber, explicit);
    const x = [pick(1, 2, 3), whole(7, 12), whole(7, 12), pick(1, 3, 10, 20)];
    const filter = [...kernel, x[3]!, isDepthwise ? pick(1, 1, 2, 3) : pick(1, 3, 10, 20)];
    const dimRoundingMode = typeof pad === "string" ? {} : { dimRoundingMode: pick("floor", "ceil", "round") };
    return { x, filter, attrs: { strides, pad, dilations: [1, 1], ...dimRoundingMode } };
  });
}

/** A sentence for each result that is not the cpu backend's. */
const problemsIn = (pair: { native: Values[]; cpu: Values[] }, name: string): string[] =>
  pair.native.flatMap((values, i) => {
    const distance = difference(values, pair.cpu[i]!);
    return distance < 2e-6 ? [] : [`${name}, result ${i}: off by ${distance}`];
  });

async function forwardProblems(kernel: string, { x, filter, attrs }: Case, seed: number): Promise<[string[], readonly number[]]> {
  const pair = await onBothBackends({ x: random(x, seed), filter: random(filter, seed + 1) }, (inputs) => run(kernel, inputs, attrs));
  return [problemsIn(pair, `${kernel} ${JSON.stringify({ x, filter, attrs })}`), pair.cpu[0]!.shape];
}

/** Forward and both gradients. */
async function problemsOf(kernel: string, one: Case, seed: number): Promise<string[]> {
  const { x, filter, attrs } = one;
  const [problems, dyShape] = await forwardProblems(kernel, one, seed);
  const suffix = kernel === "Conv3D" ? "V2" : "";
  const dy = random(dyShape, seed + 2);
  const ofInput = await onBothBackends({ dy, filter: random(filter, seed + 1) }, (inputs) =>
    run(`${kernel}BackpropInput${suffix}`, inputs, { ...attrs, inputShape: x }),
  );
  const ofFilter = await onBothBackends({ x: random(x, seed), dy }, (inputs) =>
    run(`${kernel}BackpropFilter${suffix}`, inputs, { ...attrs, filterShape: filter }),
  );
  const name = `${kernel} ${JSON.stringify(one)}`;
  return [...problems, ...problemsIn(ofInput, `${name} input gradient`), ...problemsIn(ofFilter, `${name} filter gradient`)];
}

/** Runs `body` on the native backend and names kernels that fell back. */
async function fallbacksIn(body: () => unknown): Promise<string[]> {
  await tf.setBackend("native");
  const uses = await profileKernels(body);
  return uses.filter(({ isFallback, kernel }) => isFallback && /Conv/.test(kernel)).map(({ kernel }) => kernel);
}

describe("convolutions of the native backend", () => {
  it("equal the cpu backend's, with both gradients, over random shapes, strides and paddings", async () => {
    for (const [i, one] of randomCases(40, false, 1).entries()) expect(await problemsOf("Conv2D", one, 10 + 3 * i)).toEqual([]);
  });

  it("equal the cpu backend's when each channel has its own filter", async () => {
    for (const [i, one] of randomCases(30, true, 2).entries())
      expect(await problemsOf("DepthwiseConv2dNative", one, 1000 + 3 * i)).toEqual([]);
  });

  it("equal the cpu backend's over three axes", async () => {
    const next = randomNumbers(3);
    const pick = <T>(...choices: T[]): T => choices[Math.floor(((next() + 1) / 2) * choices.length)]!;
    for (let i = 0; i < 16; i++) {
      const x = [pick(1, 2), pick(4, 5, 6), pick(5, 6), pick(4, 7), pick(1, 3, 10)];
      const filter = [pick(1, 2, 3), pick(1, 2, 3), pick(2, 3), x[4]!, pick(1, 4, 20)];
      const attrs = { strides: pick([1, 1, 1], [2, 2, 2], [1, 2, 1]), pad: pick("same", "valid"), dilations: 1 };
      expect(await problemsOf("Conv3D", { x, filter, attrs }, 2000 + 3 * i)).toEqual([]);
    }
  });

  it("know dilation and channels first", async () => {
    for (const pad of ["same", "valid"] as const) {
      for (const dilations of [
        [2, 2],
        [1, 3],
      ]) {
        const attrs = { strides: 1, pad, dilations };
        const [problems] = await forwardProblems("Conv2D", { x: [2, 9, 11, 10], filter: [3, 3, 10, 7], attrs }, 1);
        expect(problems).toEqual([]);
        const [deep] = await forwardProblems("DepthwiseConv2dNative", { x: [2, 9, 11, 10], filter: [3, 3, 10, 2], attrs }, 2);
        expect(deep).toEqual([]);
      }
      const first: Case = { x: [2, 3, 8, 9], filter: [3, 2, 3, 20], attrs: { strides: [2, 1], pad, dilations: 1, dataFormat: "NCHW" } };
      expect(await problemsOf("Conv2D", first, 3)).toEqual([]);
    }
  });

  it("of small images, which are matrix products, give what halves of the batch give, which are convolutions", async () => {
    await tf.setBackend("native");
    for (const [side, inputs, outputs, attrs] of [
      [4, 256, 256, { strides: 1, pad: "same", dilations: 1 }],
      [8, 256, 260, { strides: 2, pad: "same", dilations: 1 }],
      [7, 260, 256, { strides: 1, pad: "valid", dilations: 2 }],
    ] as const) {
      const [x, filter, bias] = [[14, side, side, inputs], [2, 3, inputs, outputs], [outputs]].map((shape: number[], i) =>
        tf.tensor(randomValues(shape, 50 + i), shape),
      ) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const halves = tf.split(x, 2);
      const fused = (image: tf.Tensor): tf.Tensor => run("FusedConv2D", { x: image, filter, bias }, { ...attrs, activation: "relu" });
      const dy = tf.tensor(randomValues(run("Conv2D", { x, filter }, attrs).shape, 53), run("Conv2D", { x, filter }, attrs).shape);
      const dyHalves = tf.split(dy, 2);
      const inputGradient = (gradient: tf.Tensor, shape: number[]): tf.Tensor =>
        run("Conv2DBackpropInput", { dy: gradient, filter }, { ...attrs, inputShape: shape });
      const filterGradient = (image: tf.Tensor, gradient: tf.Tensor): tf.Tensor =>
        run("Conv2DBackpropFilter", { x: image, dy: gradient }, { ...attrs, filterShape: filter.shape });
      const pairs = [
        [fused(x), tf.concat(halves.map(fused))],
        [run("Conv2D", { x, filter }, attrs), tf.concat(halves.map((half) => run("Conv2D", { x: half, filter }, attrs)))],
        [inputGradient(dy, x.shape), tf.concat(dyHalves.map((half, i) => inputGradient(half, halves[i]!.shape)))],
        [filterGradient(x, dy), tf.addN(dyHalves.map((half, i) => filterGradient(halves[i]!, half)))],
      ] as const;
      for (const [i, pair] of pairs.entries()) {
        const [whole, parts] = pair.map((tensor): Values => ({ shape: tensor.shape, values: tensor.dataSync<"float32">() }));
        expect(difference(whole!, parts!), `${side} ${i}`).toBeLessThan(5e-6);
      }
    }
  });

  it("add a bias and apply an activation in the same kernel", async () => {
    const cases = [
      [[2, 7, 8, 3], [3, 3, 3, 20], false],
      [[1, 9, 5, 10], [2, 3, 10, 5], false],
      [[3, 6, 6, 20], [3, 3, 20, 1], true],
    ] as const;
    for (const activation of ["linear", "relu", "relu6", "elu", "sigmoid", "tanh", "leakyrelu"]) {
      for (const [x, filter, isDepthwise] of cases) {
        const attrs = { strides: 1, pad: "same", dilations: 1, dataFormat: "NHWC", activation, leakyreluAlpha: 0.3 };
        const kernel = isDepthwise ? "FusedDepthwiseConv2D" : "FusedConv2D";
        const outputs = isDepthwise ? filter[2] * filter[3] : filter[3];
        const inputs = { x: random(x, 5), filter: random(filter, 6), bias: random([outputs], 7) };
        // The cpu backend knows no fused tanh.
        const pair = await onBothBackends(inputs, (tensors) =>
          tf.getBackend() === "cpu" && activation === "tanh"
            ? tf.tanh(run(kernel, tensors, { ...attrs, activation: "linear" }))
            : run(kernel, tensors, attrs),
        );
        pair.native.forEach((values, i) => expect(difference(values, pair.cpu[i]!), activation).toBeLessThan(5e-6));
      }
    }
  });

  it("take inputs of other kernels: slices, casts, scalar biases, empty batches", async () => {
    const inputs = { whole: random([4, 6, 6, 3], 8), filter: random([3, 3, 3, 4], 9) };
    const pair = await onBothBackends(inputs, ({ whole, filter }) => {
      const x = tf.slice(whole as tf.Tensor4D, [1, 0, 0, 0], [2, 6, 6, 3]);
      const counts = tf.cast(tf.cast(tf.mul(x, 5), "int32"), "float32") as tf.Tensor4D;
      const f = filter as tf.Tensor4D;
      return [
        tf.conv2d(x, f, 1, "same"),
        tf.conv2d(counts, f, 1, "same"),
        tf.fused.conv2d({ x, filter: f, strides: 1, pad: "same", bias: tf.scalar(0.5), activation: "relu" }),
        tf.conv2d(tf.slice(x, [0, 0, 0, 0], [0, 6, 6, 3]), f, 1, "same"),
      ];
    });
    expect(problemsIn(pair, "inputs of other kernels")).toEqual([]);
  });

  it("keep NaN and infinity where they belong", async () => {
    const x = random([1, 6, 6, 2], 11);
    x.values[0] = Number.NaN;
    x.values[71] = Number.POSITIVE_INFINITY;
    const filter = { shape: [2, 2, 2, 3], values: new Float32Array(24).fill(0.5) };
    for (const activation of ["linear", "relu", "elu", "sigmoid"] as const) {
      const pair = await onBothBackends({ x, filter }, (inputs) =>
        run("FusedConv2D", inputs, { strides: 1, pad: "valid", dilations: 1, activation }),
      );
      pair.native.forEach((values, i) => expect(difference(values, pair.cpu[i]!), activation).toBeLessThan(5e-6));
    }
  });

  it("serve every convolution of TensorFlow.js without the cpu backend", async () => {
    const used = await fallbacksIn(() =>
      tf.tidy(() => {
        const x = tf.randomNormal([2, 8, 8, 4], 0, 1, "float32", 1) as tf.Tensor4D;
        const f = tf.randomNormal([3, 3, 4, 6], 0, 1, "float32", 2) as tf.Tensor4D;
        const loss = (...[a, b]: tf.Tensor[]): tf.Scalar => tf.sum(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, "same"));
        tf.grads(loss)([x, f]);
        tf.conv1d(tf.reshape(x, [2, 64, 4]) as tf.Tensor3D, tf.reshape(f, [9, 4, 6]) as tf.Tensor3D, 2, "valid");
        tf.conv2dTranspose(x, tf.transpose(f, [0, 1, 3, 2]) as tf.Tensor4D, [2, 16, 16, 6], 2, "same");
        tf.separableConv2d(x, tf.ones([3, 3, 4, 2]), tf.ones([1, 1, 8, 3]), 1, "same");
        tf.grads((a, b) => tf.sum(tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same")))([x, tf.ones([3, 3, 4, 2])]);
        const volume = tf.reshape(x, [2, 4, 4, 4, 4]) as tf.Tensor5D;
        tf.grads((a, b) => tf.sum(tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, "same")))([volume, tf.ones([2, 2, 2, 4, 3])]);
      }),
    );
    expect(used).toEqual([]);
  });
});

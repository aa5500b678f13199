// NaN, infinities, zeros of both signs, denormal and huge numbers in every activation: alone, fused with a product or a convolution, and in gradients.
import { linear } from "@snapfit/ops";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setPrecision, setThreads } from "@snapfit/native";
import { integers } from "./same-as-cpu.js";
import { onBothBackends, type Values } from "./on-both-backends.js";

const special = [
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-45, -1e-45, 1e-40, -1e-40, 3e38, -3e38],
  [1e20, -1e20, 90, -90, 20, -20, 6, 6.5, 1, -1, 0.5, -0.5],
]
  .flat()
  .map(Math.fround);
const count = special.length;

const specialOf = (shape: readonly number[]): Values => ({
  shape,
  values: Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, i) => special[i % count]!),
});

/** Small whole numbers: their sums have no rounding. */
function whole(shape: readonly number[], seed: number): Values {
  const pick = integers(seed);
  return { shape, values: Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => pick(-2, 2)) };
}

const ones = (shape: readonly number[]): Values => ({ shape, values: new Float32Array(tf.util.sizeFromShape([...shape])).fill(1) });

/** These round nothing. */
const exact = new Set(["linear", "relu", "relu6", "leakyrelu", "prelu"]);

/** Below it numbers are denormal, and 0 to some of oneDNN's kernels. */
const leastNormal = 2 ** -126;

/** Where the first result differs, or "": NaN is NaN, infinity infinity, and what is exact the same number. */
function difference(
  { native, cpu }: { native: Values[]; cpu: Values[] },
  activation: string,
  tolerance = exact.has(activation) ? 0 : 1e-5,
): string {
  for (const [k, { values }] of cpu.entries()) {
    const actual = native[k]!.values;
    if (actual.length !== values.length) return `result ${k}: ${actual.length} numbers, not ${values.length}`;
    const wrong = values.findIndex((expected, i) => {
      if (Object.is(actual[i], expected) || actual[i] === expected) return false;
      return !(Math.abs(actual[i]! - expected) <= Math.max(leastNormal, tolerance * Math.max(Math.abs(expected), 1)));
    });
    if (wrong >= 0) return `${activation}, result ${k}, element ${wrong}: ${actual[wrong]}, not ${values[wrong]}`;
  }
  return "";
}

type Tensors = Record<string, tf.Tensor>;
type Named = "linear" | "relu" | "relu6" | "elu" | "sigmoid" | "tanh" | "leakyrelu" | "prelu";
const fusedActivations: readonly Named[] = ["linear", "relu", "relu6", "elu", "sigmoid", "tanh", "leakyrelu", "prelu"];

/** The part of the options that all fused operations have. */
function options(activation: Named, { bias, slope }: Tensors): object {
  return {
    ...(bias !== undefined && { bias }),
    activation,
    ...(activation === "leakyrelu" && { leakyreluAlpha: 0.25 }),
    ...(activation === "prelu" && { preluActivationWeights: slope }),
  };
}

type Fused = (tensors: Tensors, activation: Named) => tf.Tensor;

/** The cpu backend has no fused tanh. */
const onEither =
  (fused: Fused): Fused =>
  (tensors, activation) =>
    activation === "tanh" && tf.getBackend() === "cpu" ? tf.tanh(fused(tensors, "linear")) : fused(tensors, activation);

const product: Fused = ({ x, filter, ...rest }, activation) =>
  tf.fused.matMul({ a: x as tf.Tensor2D, b: filter as tf.Tensor2D, ...options(activation, rest) });
const convolution: Fused = ({ x, filter, ...rest }, activation) =>
  tf.fused.conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: 1, pad: "same", ...options(activation, rest) });
const depthwise: Fused = ({ x, filter, ...rest }, activation) =>
  tf.fused.depthwiseConv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: 1, pad: "same", ...options(activation, rest) });

/** Each number before the activation depends on one special value: on one of x, times 1, or on one of the bias, plus a whole number. */
const places: Readonly<Record<string, readonly [Fused, Readonly<Record<string, Values>>]>> = {
  "a product, from x": [product, { x: specialOf([3 * count, 1]), filter: ones([1, 1]), slope: ones([1]) }],
  "a product of many columns, from x": [product, { x: specialOf([count, 1]), filter: ones([1, 67]), slope: whole([67], 1) }],
  "a product, from the bias": [
    product,
    { x: whole([5, 9], 2), filter: whole([9, count], 3), bias: specialOf([count]), slope: whole([count], 4) },
  ],
  "a product on two threads, from the bias": [
    product,
    { x: whole([300, 64], 5), filter: whole([64, 4 * count], 6), bias: specialOf([4 * count]), slope: whole([4 * count], 7) },
  ],
  "a convolution of one cell, from x": [
    convolution,
    { x: specialOf([1, count, 3, 1]), filter: ones([1, 1, 1, 1]), slope: ones([1, 1, 1]) },
  ],
  "a convolution of one cell to many channels, from x": [
    convolution,
    { x: specialOf([2, count, 3, 1]), filter: ones([1, 1, 1, 48]), slope: whole([1, 1, 48], 8) },
  ],
  "a convolution, from the bias": [
    convolution,
    { x: whole([2, 5, 4, 3], 9), filter: whole([3, 3, 3, count], 10), bias: specialOf([count]), slope: whole([1, 1, count], 11) },
  ],
  "a convolution of sixteens of channels on two threads, from the bias": [
    convolution,
    { x: whole([2, 9, 9, 32], 12), filter: whole([3, 3, 32, 32], 13), bias: specialOf([32]), slope: whole([1, 1, 32], 14) },
  ],
  "a convolution that runs as a product, from the bias": [
    convolution,
    { x: whole([32, 2, 2, 256], 15), filter: whole([2, 2, 256, 256], 16), bias: specialOf([256]), slope: whole([1, 1, 256], 17) },
  ],
  "a convolution of each channel, from x": [
    depthwise,
    { x: specialOf([2, 4, 5, count]), filter: ones([1, 1, count, 1]), slope: whole([1, 1, count], 18) },
  ],
  "a convolution of each channel, from the bias": [
    depthwise,
    { x: whole([2, 5, 4, 32], 19), filter: whole([3, 3, 32, 1], 20), bias: specialOf([32]), slope: whole([1, 1, 32], 21) },
  ],
  "a convolution of each channel on two threads, from the bias": [
    depthwise,
    { x: whole([4, 32, 32, 32], 22), filter: whole([3, 3, 32, 1], 23), bias: specialOf([32]), slope: whole([1, 1, 32], 24) },
  ],
};

beforeAll(() => setThreads(2));

describe.each(Object.entries(places))("special values in %s", (_, [fused, inputs]) => {
  it.each(fusedActivations)("give under %s what they give on cpu", async (activation) => {
    expect(difference(await onBothBackends(inputs, (tensors) => onEither(fused)(tensors, activation)), activation)).toBe("");
  });
});

describe("special values in a result that lies as bfloat16", () => {
  const names = [
    "a product on two threads",
    "a convolution of sixteens of channels on two threads",
    "a convolution that runs as a product",
  ];
  const cases = names.flatMap((name) => fusedActivations.map((activation) => [activation, name] as const));
  afterAll(() => void setPrecision("f32"));

  it.each(cases)("give under %s of %s what they give on cpu", async (activation, name) => {
    setPrecision("bf16");
    const [fused, inputs] = places[`${name}, from the bias`]!;
    const pair = await onBothBackends(inputs, (tensors) => onEither(fused)(tensors, activation));
    expect(difference(pair, activation, 2 ** -7)).toBe("");
  });
});

describe("special values in linear of @snapfit/ops", () => {
  it.each([undefined, "relu", "elu", "sigmoid"] as const)(
    "give under %s what they give on cpu, with their gradients",
    async (activation) => {
      const inputs = { x: specialOf([count, 1]), kernel: ones([1, 33]), bias: whole([33], 25), dy: whole([count, 33], 26) };
      const run = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
        linear(x, kernel, bias, activation === undefined ? {} : { activation });
      const pair = await onBothBackends(inputs, ({ x, kernel, bias, dy }) => [
        run(x!, kernel!, bias!),
        ...tf.grads(run as (...tensors: tf.Tensor[]) => tf.Tensor)([x!, kernel!, bias!], dy),
      ]);
      expect(difference(pair, activation ?? "linear")).toBe("");
    },
  );
});

const unfused: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  relu: tf.relu,
  relu6: tf.relu6,
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  leakyrelu: (x) => tf.leakyRelu(x, 0.25),
  prelu: (x) => tf.prelu(x, tf.scalar(-0.5)),
  clip: (x) => tf.clipByValue(x, -1, 6),
  step: (x) => tf.step(x, 0.25),
};

describe("special values alone", () => {
  it.each(Object.entries(unfused))("give under %s and in its gradient what they give on cpu", async (name, run) => {
    // 1 - sigmoid(20) has one digit: a huge gradient would show that the last one differs.
    const gradients = special.filter((dy) => !(Math.abs(dy) > 10 && Number.isFinite(dy)));
    const pairs = special.flatMap((x) => gradients.map((dy) => [x, dy] as const));
    const inputs = {
      x: { shape: [pairs.length], values: Float32Array.from(pairs, ([x]) => x) },
      dy: { shape: [pairs.length], values: Float32Array.from(pairs, ([, dy]) => dy) },
    };
    expect(difference(await onBothBackends(inputs, ({ x, dy }) => [run(x!), tf.grad(run)(x!, dy)]), name)).toBe("");
  });
});

describe("special values in a layer that trains", () => {
  const layers: Readonly<
    Record<string, readonly [number[], (activation: "relu" | "elu" | "sigmoid" | "tanh" | "relu6") => tf.layers.Layer]>
  > = {
    dense: [[count, 1], (activation) => tf.layers.dense({ units: 5, activation, kernelInitializer: "ones" })],
    conv2d: [[1, count, 2, 1], (activation) => tf.layers.conv2d({ filters: 19, kernelSize: 1, activation, kernelInitializer: "ones" })],
    depthwiseConv2d: [
      [1, 2, 3, count],
      (activation) => tf.layers.depthwiseConv2d({ kernelSize: 1, activation, depthwiseInitializer: "ones" }),
    ],
  };
  const cases = Object.keys(layers).flatMap((name) =>
    (["relu", "elu", "sigmoid", "tanh", "relu6"] as const).map((activation) => [name, activation] as const),
  );
  it.each(cases)("give in a %s with %s what they give on cpu, in the gradients as well", async (name, activation) => {
    const [shape, make] = layers[name]!;
    const pair = await onBothBackends({ x: specialOf(shape) }, ({ x }) => {
      const layer = make(activation);
      const loss = (): tf.Scalar => tf.sum(layer.apply(x!) as tf.Tensor);
      const y = layer.apply(x!) as tf.Tensor;
      const slope = tf.grad((input) => layer.apply(input) as tf.Tensor)(x!);
      const { grads } = tf.variableGrads(loss);
      return [
        y,
        slope,
        ...Object.keys(grads)
          .toSorted()
          .map((key) => grads[key]!),
      ];
    });
    expect(difference(pair, activation)).toBe("");
  });
});

import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, it } from "vitest";
import { profileKernels } from "@snapfit/native";
import { difference, onBothBackends, randomValues, type Values } from "./on-both-backends.js";

interface Activation {
  readonly run: (x: tf.Tensor) => tf.Tensor;
  /** First and second derivative, for x other than 0 and 6. */
  readonly first: (x: number) => number;
  readonly second: (x: number) => number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const [seluScale, seluScaleAlpha] = [1.0507009873554805, 1.758099340847377];

const activations: Readonly<Record<string, Activation>> = {
  Relu: { run: tf.relu, first: (x) => (x > 0 ? 1 : 0), second: () => 0 },
  Relu6: { run: tf.relu6, first: (x) => (x > 0 && x < 6 ? 1 : 0), second: () => 0 },
  LeakyRelu: { run: (x) => tf.leakyRelu(x, 0.3), first: (x) => (x > 0 ? 1 : 0.3), second: () => 0 },
  Elu: { run: tf.elu, first: (x) => (x > 0 ? 1 : Math.exp(x)), second: (x) => (x > 0 ? 0 : Math.exp(x)) },
  Selu: {
    run: tf.selu,
    first: (x) => (x > 0 ? seluScale : seluScaleAlpha * Math.exp(x)),
    second: (x) => (x > 0 ? 0 : seluScaleAlpha * Math.exp(x)),
  },
  Sigmoid: {
    run: tf.sigmoid,
    first: (x) => sigmoid(x) * sigmoid(-x),
    second: (x) => sigmoid(x) * sigmoid(-x) * (1 - 2 * sigmoid(x)),
  },
  Tanh: { run: tf.tanh, first: (x) => 1 - Math.tanh(x) ** 2, second: (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2) },
  Softplus: { run: tf.softplus, first: sigmoid, second: (x) => sigmoid(x) * sigmoid(-x) },
};

const names = Object.keys(activations);

beforeEach(async () => {
  await tf.setBackend("native");
});

describe("gradients of activations", () => {
  it.each(names)("of %s are as the formula says, at every size", async (name) => {
    const { run, first } = activations[name]!;
    for (const shape of [[37], [3, 5], [100_003], [1], [0], [2, 3, 4]]) {
      const x = randomValues(shape, 3).map((value) => 8 * value);
      const dy = randomValues(shape, 4);
      const expected = { shape, values: dy.map((value, i) => value * first(x[i]!)) };
      const gradient = tf.tidy(() => tf.grad(run)(tf.tensor(x, shape), tf.tensor(dy, shape)));
      const actual: Values = { shape: gradient.shape, values: (await gradient.data()) as Float32Array };
      expect(difference(actual, expected)).toBeLessThan(1e-6);
    }
  });

  it.each(names)("of %s are one kernel, and leave no tensor behind", async (name) => {
    const x = tf.tensor([1, -2, 3]);
    const { numTensors } = tf.memory();
    const uses = await profileKernels(() => tf.tidy(() => void tf.grad(activations[name]!.run)(x, x)));
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(uses.filter(({ isFallback }) => isFallback)).toEqual([]);
    const backward = uses.filter(({ kernel }) => kernel !== name && kernel !== "Identity");
    expect(backward.map(({ kernel, count }) => `${count} ${kernel}`)).toEqual(["1 FusedActivationGradient"]);
  });

  it.each(names)("of the gradient of %s are right, which TensorFlow.js' own are not for all", async (name) => {
    const { run, first, second } = activations[name]!;
    const x = randomValues([50], 5).map((value) => 4 * value);
    const slope = (input: tf.Tensor): tf.Tensor => tf.grad(run)(input);
    // Through x, and through a product with the slope.
    const curvature = await tf.tidy(() => tf.grad(slope)(tf.tensor(x))).data();
    const ofProduct = await tf.tidy(() => tf.grad((input) => tf.mul(slope(input), tf.square(input)))(tf.tensor(x))).data();
    for (const [i, value] of x.entries()) {
      expect(curvature[i]).toBeCloseTo(second(value), 5);
      expect(ofProduct[i]).toBeCloseTo(second(value) * value ** 2 + first(value) * 2 * value, 4);
    }
  });

  it("go through the gradient itself, as a penalty on it needs", async () => {
    // g = dy tanh'(x); the derivative of the sum of g^2 by dy is 2 dy tanh'(x)^2
    const [x, dy] = [randomValues([20], 6), randomValues([20], 7)];
    const derivative = tf.grad((seed) => tf.sum(tf.square(tf.grad(tf.tanh)(tf.tensor(x), seed))))(tf.tensor(dy));
    const actual = await derivative.data();
    for (const [i, value] of x.entries()) expect(actual[i]).toBeCloseTo(2 * dy[i]! * (1 - Math.tanh(value) ** 2) ** 2, 5);
  });

  it("are of third order where asked for", async () => {
    const x = [-1.5, -0.2, 0.3, 2];
    const third = await tf
      .grad((a) => tf.grad((b) => tf.grad(tf.tanh)(b))(a))(tf.tensor(x))
      .data();
    for (const [i, value] of x.entries()) {
      const t = Math.tanh(value);
      expect(third[i]).toBeCloseTo((1 - t * t) * (6 * t * t - 2), 4);
    }
  });

  it("let NaN and infinity through as cpu does", async () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 6];
    const x = Float32Array.from(odd.flatMap((value) => odd.map(() => value)));
    const dy = Float32Array.from(odd.flatMap(() => odd));
    for (const name of ["Relu", "Relu6", "LeakyRelu", "Elu", "Sigmoid", "Tanh", "Softplus"]) {
      const inputs = { x: { shape: [64], values: x }, dy: { shape: [64], values: dy } };
      const { native, cpu } = await onBothBackends(inputs, (given) => tf.grad(activations[name]!.run)(given["x"]!, given["dy"]!));
      const wrong = cpu[0]!.values.findIndex((value, i) => {
        const actual = native[0]!.values[i]!;
        return actual !== value && !(Number.isNaN(actual) && Number.isNaN(value)) && !(Math.abs(actual - value) < 1e-6);
      });
      expect(wrong, `${name}: x = ${x[wrong]}, dy = ${dy[wrong]}: ${native[0]!.values[wrong]}, not ${cpu[0]!.values[wrong]}`).toBe(-1);
    }
  });

  it("stay what they were on other backends", async () => {
    await tf.setBackend("cpu");
    for (const name of names) {
      const x = randomValues([20], 9).map((value) => 8 * value);
      const gradient = await tf.grad(activations[name]!.run)(tf.tensor(x)).data();
      for (const [i, value] of x.entries()) expect(gradient[i]).toBeCloseTo(activations[name]!.first(value), 5);
    }
  });
});

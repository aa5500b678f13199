import { readFileSync } from "node:fs";
import "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";

type Numbers = number[];
interface Fixture {
  readonly batchNorm: (Record<"x" | "gamma" | "beta" | "dy" | "y" | "dx" | "dGamma" | "dBeta" | "mean" | "variance", Numbers> & {
    shape: number[];
  })[];
  readonly softmax: (Record<"x" | "dy" | "y" | "dx", Numbers> & { shape: number[] })[];
  readonly logSoftmax: Fixture["softmax"];
}
const fixture = JSON.parse(readFileSync(new URL("fixtures/norms/norms.json", import.meta.url), "utf8")) as Fixture;

beforeAll(async () => {
  await tf.setBackend("native");
});

/** The largest difference, relative to the largest value or to 1: the inputs have about that size. */
function difference(actual: tf.Tensor, expected: Numbers): number {
  const scale = Math.max(1, ...expected.map(Math.abs));
  const values = actual.dataSync();
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(...expected.map((value, i) => Math.abs(values[i]! - value) / scale));
}

describe("values and gradients equal PyTorch's:", () => {
  it.each(fixture.batchNorm)(
    "BatchNormalization in training, of [$shape]",
    ({ shape, x, gamma, beta, dy, mean, variance, ...expected }) => {
      const layer = tf.layers.batchNormalization({ epsilon: 1e-3, momentum: 0.75 });
      layer.build([null, ...shape.slice(1)]);
      const channels = [shape.at(-1)!];
      layer.setWeights([tf.tensor1d(gamma), tf.tensor1d(beta), tf.zeros(channels), tf.ones(channels)]);
      const [scale, shift] = layer.trainableWeights.map((weight) => weight.read()) as [tf.Tensor, tf.Tensor];
      const input = tf.tensor(x, shape);
      const run = (z: tf.Tensor): tf.Tensor => layer.apply(z, { training: true }) as tf.Tensor;
      expect(difference(run(input), expected.y)).toBeLessThan(1e-6);
      const [, , movedMean, movedVariance] = layer.getWeights();
      expect(
        difference(
          movedMean!,
          mean.map((value) => 0.25 * value),
        ),
      ).toBeLessThan(1e-6);
      expect(
        difference(
          movedVariance!,
          variance.map((value) => 0.75 + 0.25 * value),
        ),
      ).toBeLessThan(1e-6);
      const [dx, dGamma, dBeta] = tf.grads((z) => run(z!))([input, scale, shift], tf.tensor(dy, shape));
      for (const [gradient, values] of [
        [dx, expected.dx],
        [dGamma, expected.dGamma],
        [dBeta, expected.dBeta],
      ] as const) {
        expect(difference(gradient!, values)).toBeLessThan(1e-6);
      }
    },
  );

  it.each(fixture.softmax)("softmax of [$shape]", ({ shape, x, dy, y, dx }) => {
    expect(difference(tf.softmax(tf.tensor(x, shape)), y)).toBeLessThan(1e-6);
    expect(difference(tf.grad((z) => tf.softmax(z))(tf.tensor(x, shape), tf.tensor(dy, shape)), dx)).toBeLessThan(1e-6);
  });

  it.each(fixture.logSoftmax)("logSoftmax of [$shape], by TensorFlow.js' operations and by its kernel", ({ shape, x, dy, y, dx }) => {
    const kernel = (logits: tf.Tensor): tf.Tensor =>
      tf.engine().runKernel("LogSoftmax", { logits }, { axis: shape.length - 1 }) as tf.Tensor;
    for (const run of [kernel, (z: tf.Tensor) => tf.logSoftmax(z)]) {
      expect(difference(run(tf.tensor(x, shape)), y)).toBeLessThan(1e-6);
      expect(difference(tf.grad((z) => run(z))(tf.tensor(x, shape), tf.tensor(dy, shape)), dx)).toBeLessThan(1e-6);
    }
  });
});

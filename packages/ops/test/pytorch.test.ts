import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import {
  gelu,
  layerNorm,
  linear,
  softmaxCrossEntropy,
  type GeluOptions,
  type LinearOptions,
  type SoftmaxCrossEntropyOptions,
} from "../src/index.js";
import { here } from "./engines.js";
import { difference } from "./difference.js";

type Numbers = number[];
interface Fixture {
  readonly layerNorm: (Record<"x" | "gamma" | "beta" | "dy" | "y" | "dx" | "dGamma" | "dBeta", Numbers> & {
    shape: number[];
    epsilon: number;
  })[];
  readonly linear: (Record<"x" | "kernel" | "bias" | "dy" | "y" | "dx" | "dKernel" | "dBias", Numbers> & {
    shape: number[];
    outputs: number;
    options: LinearOptions;
  })[];
  readonly gelu: (Record<"x" | "dy" | "y" | "dx", Numbers> & { shape: number[]; approximate: NonNullable<GeluOptions["approximate"]> })[];
  readonly crossEntropy: (Record<"logits" | "labels" | "dy" | "losses" | "dLogits", Numbers> & {
    shape: number[];
    options: SoftmaxCrossEntropyOptions;
  })[];
}
const fixture = JSON.parse(readFileSync(new URL("fixtures/ops.json", import.meta.url), "utf8")) as Fixture;

/** Relative to the largest, for sums over rows and products with 1 / sqrt(1e-12). */
async function relativeDifference(actual: tf.Tensor, expected: Numbers): Promise<number> {
  const scale = Math.max(1, ...expected.map(Math.abs));
  const relative = expected.map((value) => value / scale);
  return difference(actual.div(scale), relative);
}

describe.each(here("cpu", "wasm", "native"))("on %s, values and gradients equal PyTorch's:", (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  it.each(fixture.layerNorm)("layerNorm of [$shape]", async ({ shape, epsilon, x, gamma, beta, dy, y, dx, dGamma, dBeta }) => {
    const inputs = [tf.tensor(x, shape), tf.tensor1d(gamma), tf.tensor1d(beta)];
    const run = (...[input, scale, shift]: tf.Tensor[]): tf.Tensor => layerNorm(input!, scale!, shift!, epsilon);
    expect(await difference(run(...inputs), y)).toBeLessThan(1e-6);
    const gradients = tf.grads(run)(inputs, tf.tensor(dy, shape));
    for (const [i, expected] of [dx, dGamma, dBeta].entries()) expect(await relativeDifference(gradients[i]!, expected)).toBeLessThan(1e-6);
  });

  it.each(fixture.linear)(
    "linear of [$shape] with $options",
    async ({ shape, outputs, options, x, kernel, bias, dy, y, dx, dKernel, dBias }) => {
      const inputs = [tf.tensor(x, shape), tf.tensor(kernel, [shape.at(-1)!, outputs]), tf.tensor1d(bias)];
      const run = (...[input, factor, shift]: tf.Tensor[]): tf.Tensor => linear(input!, factor!, shift, options);
      expect(await difference(run(...inputs), y)).toBeLessThan(1e-6);
      const gradients = tf.grads(run)(inputs, tf.tensor(dy, [...shape.slice(0, -1), outputs]));
      for (const [i, expected] of [dx, dKernel, dBias].entries())
        expect(await relativeDifference(gradients[i]!, expected)).toBeLessThan(1e-6);
    },
  );

  it.each(fixture.gelu)("gelu of [$shape], approximate: $approximate", async ({ shape, approximate, x, dy, y, dx }) => {
    const run = (input: tf.Tensor): tf.Tensor => gelu(input, { approximate });
    expect(await difference(run(tf.tensor(x, shape)), y)).toBeLessThan(1e-6);
    expect(await difference(tf.grad(run)(tf.tensor(x, shape), tf.tensor(dy, shape)), dx)).toBeLessThan(1e-6);
  });

  it.each(fixture.crossEntropy)(
    "softmaxCrossEntropy of [$shape] with $options",
    async ({ shape, options, logits, labels, dy, losses, dLogits }) => {
      const indices = tf.tensor(labels, shape.slice(0, -1), "int32");
      const run = (input: tf.Tensor): tf.Tensor => softmaxCrossEntropy(input, indices, options);
      expect(await difference(run(tf.tensor(logits, shape)), losses)).toBeLessThan(1e-6);
      expect(await difference(tf.grad(run)(tf.tensor(logits, shape), tf.tensor(dy, indices.shape)), dLogits)).toBeLessThan(1e-6);
    },
  );
});

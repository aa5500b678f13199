import * as tf from "@tensorflow/tfjs";

/** A small seeded generator for test data. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Uniform in [-1, 1). */
export function uniform(shape: readonly number[], seed: number): tf.Tensor {
  const next = random(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => 2 * next() - 1),
    [...shape],
  );
}

/** Values at least 0.05 apart, in random order, all below `top`: no ties, no kinks within a small step. */
export function distinct(shape: readonly number[], seed: number, top: number): tf.Tensor {
  const next = random(seed);
  const size = tf.util.sizeFromShape([...shape]);
  const order = Array.from({ length: size }, (_, i) => [next(), i] as const).sort((a, b) => a[0] - b[0]);
  return tf.tensor(
    Float32Array.from(order, ([, i]) => top - 0.05 * (i + 1)),
    [...shape],
  );
}

/**
 * The worst difference, over random directions d, between <gradient, d> and (f(x + h d) - f(x - h d)) / 2h, relative to the gradient's norm.
 * f is read out by random weights, summed in double precision.
 */
export async function gradientError(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: readonly tf.Tensor[], step: number): Promise<number> {
  const sample = f(...inputs);
  const weights = uniform(sample.shape, 99);
  const readout = await numbersIn(weights);
  const gradients = tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(f(...xs), weights)))([...inputs]);
  const gradientValues = await Promise.all(gradients.map(numbersIn));
  const evaluate = async (directions: readonly tf.Tensor[], h: number): Promise<number> => {
    const y = await numbersIn(f(...inputs.map((x, i) => tf.add(x, tf.mul(directions[i]!, h)))));
    return y.reduce((sum, value, i) => sum + value * readout[i]!, 0);
  };
  const norm = Math.sqrt(gradientValues.reduce((sum, values) => sum + values.reduce((partial, g) => partial + g * g, 0), 0));
  let worst = 0;
  for (let trial = 0; trial < 3; trial++) {
    const directions = inputs.map((x, i) => uniform(x.shape, 7 + 10 * trial + i));
    const values = await Promise.all(directions.map(numbersIn));
    const exact = gradientValues.reduce((sum, gradient, k) => sum + gradient.reduce((partial, g, i) => partial + g * values[k]![i]!, 0), 0);
    const estimate = ((await evaluate(directions, step)) - (await evaluate(directions, -step))) / (2 * step);
    worst = Math.max(worst, Math.abs(exact - estimate) / Math.max(norm, Math.abs(estimate), 1e-6));
  }
  return worst;
}

/** The values of a tensor as plain numbers. */
async function numbersIn(tensor: tf.Tensor): Promise<number[]> {
  return Array.from(await tensor.data());
}

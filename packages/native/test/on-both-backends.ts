import * as tf from "@tensorflow/tfjs";

/** A seeded stream of numbers in [-1, 1). */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 31 - 1;
  };
}

/** Values of a tensor of this shape, in [-1, 1). */
export function randomValues(shape: readonly number[], seed: number): Float32Array {
  const next = randomNumbers(seed);
  return Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, next);
}

export interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export const random = (shape: readonly number[], seed: number): Values => ({ shape, values: randomValues(shape, seed) });

/** What `run` gives for the same inputs on the native and on the cpu backend. */
export async function onBothBackends(
  inputs: Readonly<Record<string, Values>>,
  run: (tensors: Record<string, tf.Tensor>) => tf.Tensor | tf.Tensor[],
): Promise<{ native: Values[]; cpu: Values[] }> {
  const results: Record<string, Values[]> = {};
  for (const name of ["cpu", "native"]) {
    await tf.setBackend(name);
    results[name] = tf.tidy(() => {
      const tensors = Object.fromEntries(Object.entries(inputs).map(([key, { shape, values }]) => [key, tf.tensor(values, [...shape])]));
      return [run(tensors)].flat().map((tensor) => ({ shape: tensor.shape, values: tensor.dataSync<"float32">() }));
    });
  }
  return results as { native: Values[]; cpu: Values[] };
}

/** The largest difference, relative to the largest magnitude; infinite where NaN or infinity stands in one alone, or where shapes differ. */
export function difference(actual: Values, expected: Values): number {
  if (actual.shape.join() !== expected.shape.join() || actual.values.length !== expected.values.length) return Number.POSITIVE_INFINITY;
  let scale = 1e-6;
  for (const value of expected.values) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  let worst = 0;
  for (let i = 0; i < expected.values.length; i++) {
    const [a, b] = [actual.values[i]!, expected.values[i]!];
    if (Object.is(a, b) || a === b) continue;
    const distance = Math.abs(a - b) / scale;
    worst = Math.max(worst, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
  }
  return worst;
}

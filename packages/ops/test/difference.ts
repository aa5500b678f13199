import type * as tf from "@tensorflow/tfjs";

/** The largest difference, relative for values above 1, where float32 has no finer steps than 1.2e-7 of the value. */
export async function difference(actual: tf.Tensor, expected: ArrayLike<number>): Promise<number> {
  const values = await actual.data();
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(values[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    worst = Math.max(worst, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
  }
  return worst;
}

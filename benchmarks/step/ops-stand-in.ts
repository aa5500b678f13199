import * as tf from "@tensorflow/tfjs";

export function dropout<T extends tf.Tensor>(x: T, rate: number, seed: number): T {
  return tf.dropout(x, rate, undefined, seed) as T;
}
export function attention(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  { causal = false, dropoutRate = 0, seed = 0 }: { causal?: boolean; dropoutRate?: number; seed?: number } = {},
): tf.Tensor4D {
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3]));
  const [rows, columns] = [q.shape[2], k.shape[2]];
  const masked = causal
    ? tf.where(tf.lessEqual(tf.range(0, columns).reshape([1, columns]), tf.range(0, rows).reshape([rows, 1])), scores, -1e9)
    : scores;
  const weights = tf.softmax(masked);
  return tf.matMul(dropoutRate > 0 ? dropout(weights, dropoutRate, seed) : weights, v) as tf.Tensor4D;
}

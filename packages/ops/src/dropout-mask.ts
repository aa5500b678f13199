import { RandomStream } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";

/**
 * 1 / (1 - rate) where an element is kept, else 0. Element i is kept where word i of the seed's stream, as a number in [0, 1), is at least the rate:
 * the definition that fused kernels follow too, so that a seed gives the same mask on every backend.
 */
export function dropoutMask(shape: readonly number[], rate: number, seed: number): tf.Tensor {
  const uniform = new Float32Array(tf.util.sizeFromShape([...shape]));
  RandomStream.fromSeed(seed, "dropout").fillUniformAt(uniform, 0);
  const scale = 1 / (1 - rate);
  for (let i = 0; i < uniform.length; i++) uniform[i] = uniform[i]! < rate ? 0 : scale;
  return tf.tensor(uniform, [...shape]);
}

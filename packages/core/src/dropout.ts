import { checkOption, fraction } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import type { SectionRandomness } from "./sync-section.js";

/**
 * Inverted dropout: keeps each value with probability 1 - rate and divides it by that, so that the mean stays.
 * The mask of a sample depends on the seed, the window, the layer's path and the sample's index in the window only.
 * @param inputs [samples, …]. @param rate [0, 1). @param noiseShape 1 where the mask is shared along a dimension, else null or the length.
 * @see Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting
 */
export function dropout(
  inputs: tf.Tensor,
  rate: number,
  path: string,
  randomness: SectionRandomness,
  noiseShape?: readonly (number | null)[] | null,
): tf.Tensor {
  checkOption("dropout()", "rate", rate, fraction);
  if (rate === 0) return inputs.clone();
  const { masks, firstSample, numSamples, calls } = randomness;
  const call = calls.get(path) ?? 0;
  calls.set(path, call + 1);
  const shape = inputs.shape.map((length, axis) => noiseShape?.[axis] ?? length);
  const size = tf.util.sizeFromShape(shape);
  const stream = masks.split(path, call);
  const firstIndex = size % numSamples === 0 ? firstSample * (size / numSamples) : 0;
  if (tf.util.arraysEqual(shape, inputs.shape) && inputs.dtype === "float32" && hasFusedKernel()) {
    return tf.engine().runKernel("FusedDropout", { x: inputs }, { rate, key: [...stream.saveState().key], firstIndex }) as tf.Tensor;
  }
  const uniform = new Float32Array(size);
  stream.fillUniformAt(uniform, firstIndex);
  const scale = 1 / (1 - rate);
  for (let i = 0; i < uniform.length; i++) uniform[i] = uniform[i]! < rate ? 0 : scale;
  return tf.mul(inputs, tf.tensor(uniform, shape));
}

/** The kernel makes the same mask from the stream's key, forward and backward, without storing it. */
const hasFusedKernel = (): boolean => (tf.getKernel("FusedDropout", tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;

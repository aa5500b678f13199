import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { asFloat, hasKernel, runKernel } from "./fused-kernel.js";

/**
 * Layer normalisation over the last axis: (x - mean) / sqrt(variance + epsilon) * gamma + beta, with the biased variance.
 * @param x [..., columns] @param gamma [columns] @param beta [columns] @param epsilon added to the variance, 1e-5 by default
 * @returns as x @throws SnapfitError `SHAPE_MISMATCH`
 * @see Ba et al. 2016, arXiv:1607.06450
 *
 * @example
 * layerNorm(tf.tensor2d([[1, 2, 3]]), tf.ones([3]), tf.zeros([3])).print(); // -1.22, 0, 1.22
 */
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  const columns = x.shape[x.rank - 1];
  if (![gamma, beta].every(({ shape }) => shape.length === 1 && shape[0] === columns)) {
    throw new SnapfitError(
      "SHAPE_MISMATCH",
      `layerNorm got x [${x.shape.join(", ")}], gamma [${gamma.shape.join(", ")}] and beta [${beta.shape.join(", ")}]. gamma and beta hold one value for each position of x's last axis.`,
    );
  }
  return tf.tidy(() => {
    const inputs = { x: asFloat(x), gamma: asFloat(gamma), beta: asFloat(beta) };
    if (x.size > 0 && hasKernel("FusedLayerNorm")) return runKernel("FusedLayerNorm", inputs, { epsilon }) as tf.Tensor;
    const centred = tf.sub(inputs.x, tf.mean(inputs.x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), inputs.gamma), inputs.beta);
  });
}

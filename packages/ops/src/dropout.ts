import { anyNumber, checkOption, fraction } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { dropoutMask } from "./dropout-mask.js";
import { asFloat, hasKernel, runKernel } from "./fused-kernel.js";

/**
 * Dropout: keeps each value with probability 1 - rate and divides it by that, so that the mean stays. For training only.
 * The mask is a pure function of the seed and the element's index: the same on every backend and for any number of threads. It is not stored.
 * @param rate from 0 to less than 1 @param seed any finite number; the same seed gives the same mask, so take another one in each step
 * @returns as x @throws SnapfitError `OPTION_INVALID`
 * @see Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting
 *
 * @example
 * dropout(tf.ones([6]), 0.5, 3).print(); // 2 where kept, else 0
 */
export function dropout(x: tf.Tensor, rate: number, seed: number): tf.Tensor {
  checkOption("dropout()", "rate", rate, fraction);
  checkOption("dropout()", "seed", seed, anyNumber);
  return tf.tidy(() => {
    const input = asFloat(x);
    if (rate === 0) return tf.clone(input);
    if (hasKernel("FusedDropout")) return runKernel("FusedDropout", { x: input }, { rate, seed }) as tf.Tensor;
    return tf.mul(input, dropoutMask(x.shape, rate, seed));
  });
}

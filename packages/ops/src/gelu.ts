import { checkOption, oneOf } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { composedTanhGelu } from "./composed-tanh-gelu.js";
import { asFloat, hasKernel, runKernel } from "./fused-kernel.js";

/** Of {@link gelu}. */
export interface GeluOptions {
  /** `"tanh"`: the approximation of GPT-2. @default false: exact, by the error function */
  readonly approximate?: "tanh" | false;
}

const approximateRule = oneOf("tanh", false);

/**
 * The Gaussian error linear unit, x P(X <= x) for a standard normal X.
 * @returns as x @throws SnapfitError `OPTION_INVALID`
 * @see Hendrycks & Gimpel 2016, arXiv:1606.08415
 *
 * @example
 * gelu(tf.tensor1d([-1, 0, 1])).print(); // -0.1587, 0, 0.8413
 */
export function gelu(x: tf.Tensor, { approximate = false }: GeluOptions = {}): tf.Tensor {
  checkOption("gelu()", "approximate", approximate, approximateRule);
  return tf.tidy(() => {
    const input = asFloat(x);
    if (hasKernel("Gelu")) return runKernel("Gelu", { x: input }, { approximate: approximate === "tanh" }) as tf.Tensor;
    if (approximate === "tanh") return composedTanhGelu(input);
    return tf.mul(tf.mul(input, 0.5), tf.add(tf.erf(tf.mul(input, Math.SQRT1_2)), 1));
  });
}

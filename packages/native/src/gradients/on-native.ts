import * as tf from "@tensorflow/tfjs";
import { backendName } from "../kernel.js";

/** What a gradient gets, and gives: a function for each input by name. */
interface GradientCall {
  readonly dy: tf.Tensor;
  readonly saved: readonly tf.Tensor[];
  readonly attrs: object;
}

/**
 * Gives a kernel of TensorFlow.js another gradient on this backend; elsewhere, and where `gradient` gives undefined, the registered one stays.
 * What is saved in the forward pass stays too.
 */
export function registerGradientOnNative(
  kernelName: string,
  gradient: (call: GradientCall) => Record<string, () => tf.Tensor> | undefined,
): void {
  const standard = tf.getGradient(kernelName);
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    ...standard,
    gradFunc: (dy, saved, attrs) => {
      const ours = tf.getBackend() === backendName ? gradient({ dy: dy as tf.Tensor, saved, attrs: attrs as object }) : undefined;
      return ours ?? standard.gradFunc(dy, saved, attrs);
    },
  });
}

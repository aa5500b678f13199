import * as tf from "@tensorflow/tfjs";
import { backendName } from "../kernel.js";
import { runKernel } from "./run.js";

/** Puts a kernel of ours in the place of the four kernels of TensorFlow.js' gradient, on our backend only. */
function fuseGradient(kernelName: string, gradientKernel: string): void {
  const original = tf.getGradient(kernelName);
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    ...original,
    gradFunc(dy, saved, attributes) {
      if (tf.getBackend() !== backendName) return original.gradFunc(dy, saved, attributes);
      return { logits: () => runKernel(gradientKernel, { dy: dy as tf.Tensor, y: saved[0]! }) };
    },
  });
}

fuseGradient("Softmax", "SoftmaxGrad");
fuseGradient("LogSoftmax", "LogSoftmaxGrad");

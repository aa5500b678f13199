// The gradient of an activation is one kernel on our backend, in place of two to five of TensorFlow.js'.
import * as tf from "@tensorflow/tfjs";
import { backendName } from "../kernel.js";
import type { ActivationGradientAttrs, DifferentiatedActivation } from "../kernels/activation-gradient.js";
import { runKernel } from "./run.js";

const kernel = "FusedActivationGradient";

/** The derivative, by what was saved, of dy times the derivative of an activation. */
const secondDerivatives: Record<DifferentiatedActivation, (dy: tf.Tensor, saved: tf.Tensor) => tf.Tensor> = {
  relu: (_, saved) => tf.zerosLike(saved),
  relu6: (_, saved) => tf.zerosLike(saved),
  leakyRelu: (_, saved) => tf.zerosLike(saved),
  // d (y + 1) where y < 0
  elu: (dy, y) => tf.where(tf.less(y, 0), dy, tf.zerosLike(dy)),
  // d scale alpha e^x where x <= 0
  selu: (dy, x) => tf.where(tf.greater(x, 0), tf.zerosLike(dy), runKernel(kernel, { dy, saved: x }, { activation: "selu" })),
  // d (y - y^2)
  sigmoid: (dy, y) => tf.mul(dy, tf.sub(1, tf.mul(y, 2))),
  // d (1 - y^2)
  tanh: (dy, y) => tf.mul(dy, tf.mul(y, -2)),
  // d sigmoid(x)
  softplus: (dy, x) => runKernel(kernel, { dy, saved: tf.sigmoid(x) }, { activation: "sigmoid" }),
};

tf.registerGradient({
  kernelName: kernel,
  inputsToSave: ["dy", "saved"],
  gradFunc: (derivative, tensors, attrs) => {
    const [dy, saved] = tensors as [tf.Tensor, tf.Tensor];
    const { activation } = attrs as unknown as ActivationGradientAttrs;
    const seed = derivative as tf.Tensor;
    return {
      dy: () => runKernel(kernel, { dy: seed, saved }, attrs as object),
      saved: () => tf.mul(seed, secondDerivatives[activation](dy, saved)),
    };
  },
});

const isNative = (): boolean => tf.getBackend() === backendName;

/**
 * TensorFlow.js does not follow saved results to the variables, only saved inputs. Within a gradient of a gradient the input is saved as well,
 * and the result computed from it again.
 */
const isNested = (): boolean => tf.engine().state.gradientDepth > 1;

function fuseGradient(
  kernelName: string,
  activation: DifferentiatedActivation,
  /** The activation where its result is saved: without the input, whose memory is free earlier. */
  again?: (x: tf.Tensor) => tf.Tensor,
): void {
  const original = tf.getGradient(kernelName);
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    kernelName,
    // Read in the forward pass: gradients are shared by all backends.
    get inputsToSave() {
      return isNative() ? (again === undefined || isNested() ? ["x"] : []) : (original.inputsToSave ?? []);
    },
    get outputsToSave() {
      return isNative() ? [again !== undefined] : (original.outputsToSave ?? []);
    },
    gradFunc: (derivative, tensors, attrs) => {
      if (!isNative()) return original.gradFunc(derivative, tensors, attrs);
      const dy = derivative as tf.Tensor;
      const [first, result] = tensors as [tf.Tensor, tf.Tensor?];
      const saved = (): tf.Tensor => {
        const value = again !== undefined && result !== undefined ? again(first) : first;
        return value.dtype === "float32" ? value : tf.cast(value, "float32");
      };
      return { x: () => runKernel(kernel, { dy, saved: saved() }, { ...attrs, activation }) };
    },
  });
}

fuseGradient("Relu", "relu", tf.relu);
fuseGradient("Relu6", "relu6");
fuseGradient("LeakyRelu", "leakyRelu");
fuseGradient("Selu", "selu");
fuseGradient("Softplus", "softplus");
fuseGradient("Elu", "elu", tf.elu);
fuseGradient("Sigmoid", "sigmoid", tf.sigmoid);
fuseGradient("Tanh", "tanh", tf.tanh);

// TensorFlow.js fuses product, bias and activation for inference only. With this gradient our layers do it in training too.
import * as tf from "@tensorflow/tfjs";
import { runKernel, runKernels } from "./run.js";

/** Activations whose derivative follows from their result. */
export const fusedInTraining: ReadonlySet<string> = new Set(["linear", "relu", "elu", "sigmoid", "tanh"]);

tf.registerGradient({
  kernelName: "_FusedMatMul",
  inputsToSave: ["a", "b"],
  outputsToSave: [true],
  gradFunc: (derivative, tensors, attrs) => {
    const dy = derivative as tf.Tensor;
    const [a, b, y] = tensors as [tf.Tensor, tf.Tensor, tf.Tensor];
    const { transposeA, transposeB, activation } = attrs as unknown as tf._FusedMatMulAttrs;
    if (!fusedInTraining.has(activation)) throw new Error(`internal: the fused product has no gradient for the activation ${activation}.`);
    const [dz, dBias] =
      activation === "linear" ? [dy] : (runKernels("FusedBiasGradient", { dy, y }, { activation }) as [tf.Tensor, tf.Tensor]);
    const product = (left: tf.Tensor, right: tf.Tensor, isLeftTransposed: boolean, isRightTransposed: boolean): tf.Tensor =>
      runKernel("BatchMatMul", { a: left, b: right }, { transposeA: isLeftTransposed, transposeB: isRightTransposed });
    return {
      a: () => (transposeA ? product(b, dz, transposeB, true) : product(dz, b, false, !transposeB)),
      b: () => (transposeB ? product(dz, a, true, transposeA) : product(a, dz, !transposeA, false)),
      bias: () =>
        dBias ??
        tf.sum(
          dz,
          dz.shape.slice(0, -1).map((_, axis) => axis),
        ),
    };
  },
});

// Product, bias and activation in one kernel in training; tf.layers runs three.
import * as tf from "@tensorflow/tfjs";
import { fusedInTraining } from "../gradients/fused-mat-mul.js";
import { runKernel } from "../gradients/run.js";
import { type LayerWeight, onlyInput, patchClass } from "./patch-class.js";

interface DenseLayer {
  readonly kernel: LayerWeight;
  readonly bias?: LayerWeight | null;
  readonly activation?: { getClassName(): string } | null;
}

patchClass("Dense", "call", (self: object, inputs: tf.Tensor | readonly tf.Tensor[]) => {
  const { kernel, bias, activation } = self as DenseLayer;
  const x = onlyInput(inputs);
  const name = activation?.getClassName() ?? "linear";
  // A gradient of a gradient needs what a fused kernel does not keep; without a gradient tf.layers fuses by itself.
  const isTraining = tf.engine().state.gradientDepth === 1;
  if (!isTraining || bias == null || !fusedInTraining.has(name) || x.dtype !== "float32" || x.size === 0 || x.rank < 2) return undefined;
  const b = kernel.read();
  const attributes = { transposeA: false, transposeB: false, activation: name };
  return tf.tidy(() => {
    const rows = x.rank === 2 ? x : tf.reshape(x, [-1, x.shape.at(-1)!]);
    const y = runKernel("_FusedMatMul", { a: rows, b, bias: bias.read() }, attributes);
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), b.shape[1]!]);
  });
});

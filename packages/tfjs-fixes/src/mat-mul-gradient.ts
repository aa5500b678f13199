import * as tf from "@tensorflow/tfjs";
import { gradientFix } from "./fix.js";

/** Sums a gradient over the batch axes along which `shape` was broadcast. */
function sumToShape(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape.slice(0, -2), gradient.shape.slice(0, -2));
  return tf.reshape(axes.length === 0 ? gradient : tf.sum(gradient, axes), [...shape]);
}

/** `a^T b` summed over all batch axes of both, as one matrix product. */
function sumOfProducts(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const rows = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [-1, x.shape.at(-1)!]);
  return tf.matMul(rows(a), rows(b), true, false);
}

/** With y = op(a) op(b): da = dy op(b)^T and db = op(a)^T dy, each summed over the batch axes that were broadcast. */
export const matMulGradient = gradientFix(
  { op: "BatchMatMul", wrong: "Throws for a shape mismatch where the batch axes of one operand are broadcast, such as 3D x 2D." },
  {
    inputsToSave: ["a", "b"],
    gradFunc: (gradient, [a, b], attrs) => {
      if (a === undefined || b === undefined) throw new Error("internal: matMul saved no inputs");
      const dy = gradient as tf.Tensor;
      const { transposeA = false, transposeB = false } = attrs as unknown as { transposeA?: boolean; transposeB?: boolean };
      const isDense = b.rank === 2 && a.rank > 2 && !transposeA;
      return {
        a: () => sumToShape(transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB), a.shape),
        b: () => {
          if (isDense) return transposeB ? sumOfProducts(dy, a) : sumOfProducts(a, dy);
          return sumToShape(transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false), b.shape);
        },
      };
    },
  },
);

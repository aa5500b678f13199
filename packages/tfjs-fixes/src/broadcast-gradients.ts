import * as tf from "@tensorflow/tfjs";
import { type FixDefinition, gradientFix } from "./fix.js";

/** Sums a gradient over the axes along which an operand of `shape` was broadcast. */
function sumToShape(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], gradient.shape);
  return tf.reshape(axes.length === 0 ? gradient : tf.sum(gradient, axes), [...shape]);
}

type Share = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const fix = (op: string, ofA: Share, ofB: Share): FixDefinition =>
  gradientFix(
    { op, wrong: "Throws for a shape mismatch where one operand is broadcast." },
    {
      inputsToSave: ["a", "b"],
      gradFunc: (gradient, saved) => {
        const dy = gradient as tf.Tensor;
        const [a, b] = saved as [tf.Tensor, tf.Tensor];
        return { a: () => sumToShape(ofA(dy, a, b), a.shape), b: () => sumToShape(ofB(dy, a, b), b.shape) };
      },
    },
  );

const where = (condition: tf.Tensor, dy: tf.Tensor): tf.Tensor => tf.mul(dy, tf.cast(condition, "float32"));

/** Ties go to a for the maximum and the minimum, and to nobody else. */
export const broadcastGradients: readonly FixDefinition[] = [
  fix(
    "Maximum",
    (dy, a, b) => where(tf.greaterEqual(a, b), dy),
    (dy, a, b) => where(tf.less(a, b), dy),
  ),
  fix(
    "Minimum",
    (dy, a, b) => where(tf.lessEqual(a, b), dy),
    (dy, a, b) => where(tf.greater(a, b), dy),
  ),
  fix(
    "SquaredDifference",
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
  ),
];

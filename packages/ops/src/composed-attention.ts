import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { dropoutMask } from "./dropout-mask.js";

/** Of attention, complete. */
export interface AttentionAttributes {
  readonly layout: "bhld" | "blhd";
  readonly causal: boolean;
  readonly scale: number;
  readonly rate: number;
  readonly seed: number;
}

/** Swaps lengths and heads. */
const turned = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1, 3]);

/** Attention by plain operations; its scores [batch, heads, queries, keys] are stored several times. */
export function composedAttention(
  operands: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  mask: tf.Tensor | undefined,
  { layout, causal, scale, rate, seed }: AttentionAttributes,
): tf.Tensor {
  const isTurned = layout === "blhd";
  const [q, k, v] = (isTurned ? operands.map(turned) : operands) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const [batch, heads, queries, keys] = [q.shape[0]!, q.shape[1]!, q.shape[2]!, k.shape[2]!];
  const outputShape = [batch, heads, queries, v.shape[3]!];
  let output = tf.zeros(outputShape);
  if (tf.util.sizeFromShape(outputShape) * keys > 0) {
    let scores = tf.mul(tf.matMul(q, k, false, true), scale);
    if (mask?.dtype === "float32") scores = tf.add(scores, withoutGradient(mask, finite));
    let weights: tf.Tensor;
    if (mask === undefined && !causal) weights = tf.softmax(scores);
    else {
      const triangle = causal ? lowerTriangle(queries, keys) : tf.ones(scores.shape, "bool");
      const allowedBy = (given?: tf.Tensor): tf.Tensor =>
        tf.broadcastTo(given === undefined ? triangle : tf.logicalAnd(isOpen(given), triangle), scores.shape);
      // A row without a key keeps its scores until after the softmax: a softmax of nothing would bring NaN into the gradient.
      const takenBy = (allowed: tf.Tensor): tf.Tensor => tf.logicalOr(allowed, tf.logicalNot(tf.any(allowed, -1, true)));
      const [taken, allowed] = [takenBy, (x: tf.Tensor) => x].map((run) => withoutGradient(mask, (given) => run(allowedBy(given)))) as [
        tf.Tensor,
        tf.Tensor,
      ];
      const softmax = tf.softmax(tf.where(taken, scores, tf.fill(scores.shape, Number.NEGATIVE_INFINITY)));
      weights = tf.where(allowed, softmax, tf.zerosLike(softmax));
    }
    if (rate > 0) weights = tf.mul(weights, dropoutMask([batch, heads, queries, keys], rate, seed));
    output = tf.matMul(weights, v);
  }
  return isTurned ? turned(output) : output;
}

/** Where a mask leaves a key open. */
const isOpen = (mask: tf.Tensor): tf.Tensor => (mask.dtype === "bool" ? mask : tf.notEqual(mask, Number.NEGATIVE_INFINITY));

const finite = (mask?: tf.Tensor): tf.Tensor => tf.where(isOpen(mask!), mask!, tf.zerosLike(mask!));

/** An error, as with the fused kernel, rather than a gradient that other backends lack. */
function withoutGradient(mask: tf.Tensor | undefined, run: (mask?: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (mask?.dtype !== "float32") return run(mask);
  return tf.customGrad((x) => ({
    value: run(x as tf.Tensor),
    gradFunc: () => {
      throw new SnapfitError(
        "GRADIENT_MISSING",
        "attention() has no gradient for its mask, but a trained variable reaches it. Add a trained bias to the scores by plain operations instead.",
      );
    },
  }))(mask);
}

/** True where the key is not after the query, both counted from 0. */
function lowerTriangle(queries: number, keys: number): tf.Tensor {
  return tf.greaterEqual(tf.range(0, queries).expandDims(1), tf.range(0, keys).expandDims(0));
}

import { anyNumber, checkOption, fraction, oneOf, SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { type AttentionAttributes, composedAttention } from "./composed-attention.js";
import { asFloat, hasKernel } from "./fused-kernel.js";

/** Of {@link selfAttention} and {@link crossAttention}. */
export interface PackedAttentionOptions {
  /** Query i attends keys 0 to i only, both counted from their beginning, also where there are more keys than queries. @default false */
  readonly causal?: boolean;
  /**
   * Broadcastable to [batch, heads, queries, keys]. bool: true where a query may attend a key; float32: added to the scores. It gets no gradient.
   * A query that may attend no key has the output and gradient 0.
   */
  readonly mask?: tf.Tensor;
  /** Share of the weights to drop, from 0 to less than 1; for training. @default 0 */
  readonly dropoutRate?: number;
  /** Of dropout: the same seed gives the same mask on every backend. @default one draw of Math.random() */
  readonly seed?: number;
  /** Of the scores. @default 1 / sqrt(size) */
  readonly scale?: number;
}

/** Of {@link attention}. */
export interface AttentionOptions extends PackedAttentionOptions {
  /** Axes of operands and result: batch, heads, length, size, or length before heads, which saves transposes. @default "bhld" */
  readonly layout?: "bhld" | "blhd";
}

const layoutRule = oneOf("bhld", "blhd");

/**
 * Scaled dot-product attention, softmax(q k^T scale + mask) v, as torch's `scaled_dot_product_attention`.
 * Where the backend has the fused kernel, memory grows with the lengths, not with their product.
 * @param q [batch, heads, queries, size] @param k [batch, heads, keys, size] @param v [batch, heads, keys, sizeV]
 * @returns [batch, heads, queries, sizeV] @throws SnapfitError `SHAPE_MISMATCH`, `OPTION_INVALID`
 * @see Vaswani et al. 2017, arXiv:1706.03762
 *
 * @example
 * const x = tf.tensor([1, 0, 0, 1], [1, 1, 2, 2]);
 * attention(x, x, x, { causal: true }).print(); // [1, 0], [0.330, 0.670]
 */
export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, options: AttentionOptions = {}): tf.Tensor {
  const { layout = "bhld" } = options;
  checkOption("attention()", "layout", layout, layoutRule);
  const [lengthAxis, headAxis] = layout === "bhld" ? [2, 1] : [1, 2];
  const areFit =
    [q, k, v].every((x) => x.rank === 4 && x.shape[0] === q.shape[0] && x.shape[headAxis] === q.shape[headAxis]) &&
    q.shape[3] === k.shape[3] &&
    k.shape[lengthAxis] === v.shape[lengthAxis];
  if (!areFit) {
    throw new SnapfitError(
      "SHAPE_MISMATCH",
      `attention got q [${q.shape.join(", ")}], k [${k.shape.join(", ")}] and v [${v.shape.join(", ")}] in the layout "${layout}". All have the same batch and heads, q and k the same size, k and v the same length.`,
    );
  }
  return attend("attention", [q, k, v], layout, options, (three) => three as [tf.Tensor, tf.Tensor, tf.Tensor]);
}

/**
 * {@link attention} of a sequence to itself, on the joint result of one projection: no part is copied out, and the gradient is one tensor too.
 * @param qkv [batch, length, 3, heads, size]: queries, keys and values @returns [batch, length, heads, size] @throws SnapfitError `SHAPE_MISMATCH`, `OPTION_INVALID`
 */
export function selfAttention(qkv: tf.Tensor, options: PackedAttentionOptions = {}): tf.Tensor {
  if (qkv.rank !== 5 || qkv.shape[2] !== 3) {
    throw new SnapfitError("SHAPE_MISMATCH", `selfAttention got qkv [${qkv.shape.join(", ")}]. It is [batch, length, 3, heads, size].`);
  }
  return attend("selfAttention", [qkv], "blhd", options, ([joint]) => partsOf(joint!) as [tf.Tensor, tf.Tensor, tf.Tensor]);
}

/**
 * {@link attention} of one sequence to another, with the keys and values as one projection gives them.
 * @param q [batch, queries, heads, size] @param kv [batch, keys, 2, heads, size]: keys and values
 * @returns [batch, queries, heads, size] @throws SnapfitError `SHAPE_MISMATCH`, `OPTION_INVALID`
 */
export function crossAttention(q: tf.Tensor, kv: tf.Tensor, options: PackedAttentionOptions = {}): tf.Tensor {
  const [batch, , parts, ...headShape] = kv.shape;
  if (q.rank !== 4 || kv.rank !== 5 || parts !== 2 || q.shape[0] !== batch || !tf.util.arraysEqual(q.shape.slice(2), headShape)) {
    throw new SnapfitError(
      "SHAPE_MISMATCH",
      `crossAttention got q [${q.shape.join(", ")}] and kv [${kv.shape.join(", ")}]. They are [batch, queries, heads, size] and [batch, keys, 2, heads, size].`,
    );
  }
  return attend(
    "crossAttention",
    [q, kv],
    "blhd",
    options,
    ([query, joint]) => [query!, ...partsOf(joint!)] as [tf.Tensor, tf.Tensor, tf.Tensor],
  );
}

const partsOf = (joint: tf.Tensor): tf.Tensor[] => tf.unstack(joint, 2);

/** Runs the fused kernel on the operands as they are, or plain operations on q, k and v. */
function attend(
  operation: string,
  operands: readonly tf.Tensor[],
  layout: "bhld" | "blhd",
  { causal = false, mask, dropoutRate: rate = 0, seed, scale }: PackedAttentionOptions,
  unpacked: (operands: readonly tf.Tensor[]) => readonly [tf.Tensor, tf.Tensor, tf.Tensor],
): tf.Tensor {
  const [q, k] = [operands[0]!, operands[Math.min(1, operands.length - 1)]!];
  const attributes: AttentionAttributes = {
    layout,
    causal,
    scale: scale ?? 1 / Math.sqrt(q.shape.at(-1)!),
    rate,
    seed: seed ?? (rate > 0 ? Math.random() : 0),
  };
  checkOption(`${operation}()`, "dropoutRate", rate, fraction);
  checkOption(`${operation}()`, "seed", attributes.seed, anyNumber);
  const [headAxis, lengthAxis] = layout === "bhld" ? [1, 2] : [-2, 1];
  if (mask !== undefined) checkMask(operation, mask, [q.shape[0]!, q.shape.at(headAxis)!, q.shape[lengthAxis]!, k.shape[lengthAxis]!]);
  return tf.tidy(() => {
    const inputs = operands.map(asFloat);
    if (!hasKernel("FusedAttention")) return composedAttention(unpacked(inputs), mask, attributes);
    // A list of inputs: there are as many as the operands are packed into.
    const list = (mask === undefined ? inputs : [...inputs, mask]) as unknown as tf.NamedTensorMap;
    const results = tf.engine().runKernel("FusedAttention", list, { ...attributes, isMasked: mask !== undefined });
    return (results as tf.Tensor[])[0]!;
  });
}

function checkMask(operation: string, { dtype, shape }: tf.Tensor, scores: readonly number[]): void {
  const isBroadcast = shape.length <= 4 && shape.every((length, i) => length === 1 || length === scores[4 - shape.length + i]);
  if (isBroadcast && (dtype === "bool" || dtype === "float32")) return;
  throw new SnapfitError(
    isBroadcast ? "OPTION_INVALID" : "SHAPE_MISMATCH",
    `${operation} got a mask of ${dtype} [${shape.join(", ")}]. It is bool or float32 and can be broadcast to [batch, heads, queries, keys], here [${scores.join(", ")}].`,
  );
}

import type * as tf from "@tensorflow/tfjs";
import { type DropoutAttributes, dropoutNumbers } from "./dropout.js";

/** Of the kernel FusedAttention. */
export interface AttentionAttributes extends DropoutAttributes {
  /** Axes of the operands: batch, heads, length, size; or length before heads, which packed operands have. */
  readonly layout: "bhld" | "blhd";
  /** Key j is open to query i where j <= i. */
  readonly causal: boolean;
  /** Whether the last input is a mask. */
  readonly isMasked: boolean;
  /** Of the products of queries and keys. */
  readonly scale: number;
}

/** The operands, and what the addon has to know of them. */
export interface AttentionCall {
  /** q, k and v; fewer where they are packed: q and kv [batch, length, 2, heads, size], or qkv [batch, length, 3, heads, size]. */
  readonly operands: readonly tf.TensorInfo[];
  /** For each of q, k and v, the operand that holds it. */
  readonly holders: readonly [number, number, number];
  readonly mask: tf.TensorInfo | undefined;
  readonly outputShape: readonly number[];
  readonly logSumsShape: readonly number[];
}

const maskKinds: readonly (string | undefined)[] = [undefined, "bool", "float32"];
/** Of the call that {@link readAttention} read last. */
export const attentionGeometry = new Int32Array(31);

/** Reads the inputs of FusedAttention: the operands and, with `isMasked`, a mask. Writes {@link attentionGeometry}. */
export function readAttention(inputs: readonly tf.TensorInfo[], attributes: AttentionAttributes): AttentionCall {
  const operands = attributes.isMasked ? inputs.slice(0, -1) : inputs;
  const mask = attributes.isMasked ? inputs.at(-1) : undefined;
  const holders = [0, Math.min(1, operands.length - 1), operands.length - 1] as const;
  const isLengthFirst = attributes.layout === "blhd";
  // An operand [batch, length, parts, heads, size] holds its parts side by side.
  const partsOf = ({ shape }: tf.TensorInfo): number => (shape.length === 5 ? shape[2]! : 1);
  const [q, k, v] = holders.map((holder) => operands[holder]!) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const [batch, heads] = [q.shape[0]!, q.shape.at(isLengthFirst ? -2 : 1)!];
  const lengthOf = ({ shape }: tf.TensorInfo): number => shape[isLengthFirst ? 1 : 2]!;
  const [queries, keys, size, sizeV] = [lengthOf(q), lengthOf(k), q.shape.at(-1)!, v.shape.at(-1)!];

  const viewOf = (length: number, width: number, parts = 1, part = 0): readonly number[] =>
    isLengthFirst
      ? [part * heads * width, length * parts * heads * width, width, parts * heads * width]
      : [0, heads * length * width, length * width, width];
  attentionGeometry.set([batch, heads, queries, keys, size, sizeV, attributes.causal ? 1 : 0, maskKinds.indexOf(mask?.dtype)]);
  attentionGeometry.set(maskStrides(mask?.shape ?? []), 8);
  attentionGeometry.set(dropoutNumbers(attributes), 12);
  attentionGeometry.set(viewOf(queries, size, partsOf(q), 0), 15);
  attentionGeometry.set(viewOf(keys, size, partsOf(k), partsOf(k) - (holders[1] === holders[2] ? 2 : 1)), 19);
  attentionGeometry.set(viewOf(keys, sizeV, partsOf(v), partsOf(v) - 1), 23);
  attentionGeometry.set(viewOf(queries, sizeV), 27);
  return {
    operands,
    holders,
    mask,
    outputShape: isLengthFirst ? [batch, queries, heads, sizeV] : [batch, heads, queries, sizeV],
    logSumsShape: [batch, heads, queries],
  };
}

/** Strides of a mask along batch, heads, queries and keys; 0 where it is broadcast. */
function maskStrides(shape: readonly number[]): number[] {
  const strides = [0, 0, 0, 0];
  let stride = 1;
  for (let axis = 1; axis <= shape.length; axis++) {
    const length = shape.at(-axis)!;
    strides[4 - axis] = length === 1 ? 0 : stride;
    stride *= length;
  }
  return strides;
}

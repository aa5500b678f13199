import * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { KernelTable } from "../kernel.js";
import type { NativeBackend } from "../native-backend.js";
import { type AttentionAttributes, attentionGeometry, readAttention } from "./attention-geometry.js";
import { type Elements, factorOf } from "./elements.js";

type Mask = Uint8Array | Float32Array | undefined;

interface AttentionFunctions {
  attention(
    q: Elements,
    k: Elements,
    v: Elements,
    mask: Mask,
    output: Float32Array,
    logSums: Float32Array,
    geometry: Int32Array,
    scale: number,
    dropoutScale: number,
  ): void;
  attentionGradient(
    q: Elements,
    k: Elements,
    v: Elements,
    mask: Mask,
    output: Float32Array,
    logSums: Float32Array,
    dy: Elements,
    dq: Float32Array,
    dk: Float32Array,
    dv: Float32Array,
    geometry: Int32Array,
    scale: number,
    dropoutScale: number,
  ): void;
}

type Three<A> = readonly [A, A, A];

const maskOf = (backend: NativeBackend, mask: tf.TensorInfo | undefined): Mask =>
  mask === undefined ? undefined : mask.dtype === "bool" ? backend.bytes(mask) : backend.floats(mask);

export const attentionKernels: KernelTable = {
  /** Inputs: a list of operands and, with `isMasked`, the mask. Gives the output and the logarithms of the sums of exponentials, for the gradient. */
  FusedAttention({ inputs, attrs, backend }) {
    const attributes = attrs as unknown as AttentionAttributes;
    const { operands, holders, mask, outputShape, logSumsShape } = readAttention(inputs as readonly tf.TensorInfo[], attributes);
    const [q, k, v] = holders.map((holder) => factorOf(backend, operands[holder]!)) as unknown as Three<Elements>;
    const output = backend.takeFloats(tf.util.sizeFromShape([...outputShape]));
    const logSums = backend.takeFloats(tf.util.sizeFromShape([...logSumsShape]));
    const { scale, rate } = attributes;
    addon<AttentionFunctions>().attention(
      ...([q, k, v, maskOf(backend, mask), output, logSums] as const),
      ...([attentionGeometry, scale, 1 / (1 - rate)] as const),
    );
    return [backend.own(outputShape, "float32", output), backend.own(logSumsShape, "float32", logSums)];
  },

  /** Inputs: dy, output, logSums, and those of FusedAttention. Gives a gradient for each operand. */
  FusedAttentionGrad({ inputs, attrs, backend }) {
    const attributes = attrs as unknown as AttentionAttributes;
    const [dy, output, logSums, ...forward] = inputs as readonly [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, ...tf.TensorInfo[]];
    const { operands, holders, mask } = readAttention(forward, attributes);
    const [q, k, v] = holders.map((holder) => factorOf(backend, operands[holder]!)) as unknown as Three<Elements>;
    const gradients = operands.map(({ shape }) => backend.takeFloats(tf.util.sizeFromShape(shape)));
    const [dq, dk, dv] = holders.map((holder) => gradients[holder]!) as unknown as Three<Float32Array>;
    const { scale, rate } = attributes;
    addon<AttentionFunctions>().attentionGradient(
      ...([q, k, v, maskOf(backend, mask), backend.floats(output), backend.floats(logSums)] as const),
      ...([factorOf(backend, dy), dq, dk, dv, attentionGeometry, scale, 1 / (1 - rate)] as const),
    );
    return operands.map(({ shape }, i) => backend.own(shape, "float32", gradients[i]!));
  },
};

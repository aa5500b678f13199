import * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { isBf16 } from "../precision.js";
import { type FusedActivation, fusedActivations } from "./fused-activation.js";

/** float32, or bfloat16 as bits. */
type Elements = Float32Array | Uint16Array;
interface MatMulFunctions {
  matMul(a: Elements, b: Elements, bias: Float32Array | undefined, product: Elements, geometry: Int32Array): void;
}

/** Below it the conversions cost more than bfloat16 saves. */
const leastWorkForBf16 = 1e6;
const geometry = new Int32Array(8);

function multiply(
  { backend }: KernelArguments,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  {
    transposeA,
    transposeB,
    bias,
    activation,
  }: { transposeA: boolean; transposeB: boolean; bias?: tf.TensorInfo | undefined; activation: FusedActivation },
): tf.TensorInfo | undefined {
  if (a.dtype !== "float32" || b.dtype !== "float32") return undefined;
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const batchA = tf.util.sizeFromShape(a.shape.slice(0, -2));
  const batchB = tf.util.sizeFromShape(b.shape.slice(0, -2));
  const batchShape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const n = transposeB ? rowsB : columnsB;
  const batch = tf.util.sizeFromShape(batchShape);
  // Where both are broadcast against each other, an index of the result is none of theirs.
  if (batch !== Math.max(batchA, batchB) || (batchA !== batchB && batchA !== 1 && batchB !== 1) || batch * m * n * k === 0)
    return undefined;
  tf.util.assert(k === (transposeB ? columnsB : rowsB), () => `matMul: inner sizes of [${a.shape.join()}] and [${b.shape.join()}] differ.`);
  if (bias !== undefined && (bias.dtype !== "float32" || tf.util.sizeFromShape(bias.shape) !== n)) return undefined;
  const useBf16 = isBf16() && m * n * k >= leastWorkForBf16;
  // What a transposed left factor makes is the gradient of a weight: sums over many samples that the optimizer wants in full.
  const product = useBf16 && !transposeA ? backend.takeBf16(batch * m * n) : backend.takeFloats(batch * m * n);
  const factor = (x: tf.TensorInfo): Elements => (useBf16 ? backend.bf16(x) : backend.floats(x));
  geometry.set([batchA, batchB, m, k, n, transposeA ? 1 : 0, transposeB ? 1 : 0, fusedActivations.indexOf(activation)]);
  addon<MatMulFunctions>().matMul(factor(a), factor(b), bias && backend.floats(bias), product, geometry);
  return backend.own([...batchShape, m, n], "float32", product);
}

export const matMulKernels: KernelTable = {
  BatchMatMul(call) {
    const { a, b } = call.inputs as Inputs<"a" | "b">;
    const { transposeA, transposeB } = call.attrs as tf.BatchMatMulAttrs;
    return multiply(call, a, b, { transposeA, transposeB, activation: "linear" });
  },

  _FusedMatMul(call) {
    const { a, b, bias, preluActivationWeights } = call.inputs as Inputs<"a" | "b", "bias" | "preluActivationWeights">;
    const { transposeA, transposeB, activation } = call.attrs as tf._FusedMatMulAttrs;
    if (preluActivationWeights !== undefined || !fusedActivations.includes(activation as FusedActivation)) return undefined;
    return multiply(call, a, b, { transposeA, transposeB, bias, activation: activation as FusedActivation });
  },
};

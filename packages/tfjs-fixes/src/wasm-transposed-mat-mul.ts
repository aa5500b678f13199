import type * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import { asMatrix, transpose, type WasmBackend } from "./heap-matrix.js";
import { required } from "./host-kernel.js";

/** The two gradients of every dense layer multiply by a transposed matrix. */
export const wasmTransposedMatMul = kernelFix(
  {
    op: "BatchMatMul",
    wrong: "Correct, but several times slower than need be for a transposed matrix: transposing it first takes the fast path.",
  },
  ["wasm"],
  (original) => (args) => {
    const { a, b } = required(args.inputs, "a", "b");
    const { transposeA, transposeB } = args.attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const isFloat = a.dtype === "float32" && b.dtype === "float32";
    if (!(transposeA || transposeB) || a.shape.length !== 2 || b.shape.length !== 2 || !isFloat) return original!(args);
    const backend = args.backend as WasmBackend;
    const flip = (x: tf.TensorInfo): tf.TensorInfo => transpose(backend, asMatrix(x, x.shape[0]!, x.shape[1]!));
    const inputs = { a: transposeA ? flip(a) : a, b: transposeB ? flip(b) : b };
    const product = original!({ ...args, inputs, attrs: { ...args.attrs, transposeA: false, transposeB: false } });
    if (transposeA) backend.disposeData(inputs.a.dataId);
    if (transposeB) backend.disposeData(inputs.b.dataId);
    return product;
  },
);

import * as tf from "@tensorflow/tfjs";

/** What fixes use of the wasm backend. */
export interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
}

/** Runs a registered wasm kernel without the engine, so that nothing is tracked: the caller disposes the result. */
function runKernel(backend: WasmBackend, name: string, inputs: tf.NamedTensorInfoMap, attrs: tf.NamedAttrMap): tf.TensorInfo {
  return tf.getKernel(name, "wasm").kernelFunc({ inputs, backend, attrs }) as tf.TensorInfo;
}

/** `a [rows, inner]` times `b [inner, columns]`. Without transposition the kernel takes its fast path. */
export function multiply(backend: WasmBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  return runKernel(backend, "BatchMatMul", { a, b }, { transposeA: false, transposeB: false });
}

/** The transpose of a matrix. */
export function transpose(backend: WasmBackend, x: tf.TensorInfo): tf.TensorInfo {
  return runKernel(backend, "Transpose", { x }, { perm: [1, 0] });
}

/** The same memory seen as a matrix; not a reference of its own. */
export const asMatrix = (info: tf.TensorInfo, rows: number, columns: number): tf.TensorInfo => ({ ...info, shape: [rows, columns] });

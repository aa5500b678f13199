import * as tf from "@tensorflow/tfjs";
import type { HostMemoryBackend } from "./host-memory-backend.js";

/**
 * For each float32 tensor the sum of the squares of its values in float64, infinite or NaN only where a value is; undefined where
 * the values are not all in host memory.
 */
export function sumsOfSquares(tensors: readonly tf.Tensor[]): ArrayLike<number> | undefined {
  const arrays: Float32Array[] = [];
  for (const tensor of tensors) {
    const values = hostValues(tensor);
    if (values === undefined) return undefined;
    arrays.push(values);
  }
  return (tf.backend() as unknown as KnownBackend).sumsOfSquares?.(arrays) ?? arrays.map(sumOfSquares);
}

/** Finite for every finite float32 array: the largest square is 1.2e77. */
function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}

/** The parts of TensorFlow.js' own host-memory backends that are used here; they are public there, but not documented. */
interface KnownBackend extends Partial<HostMemoryBackend> {
  /** cpu */
  readonly data?: { has(dataId: object): boolean; get(dataId: object): { readonly values?: unknown } };
  /** wasm */
  readonly dataIdMap?: { has(dataId: object): boolean; get(dataId: object): { readonly id: number; readonly memoryOffset: number } };
  readonly wasm?: {
    readonly tfjs: { disposeData(id: number): void; registerTensor(id: number, size: number, memoryOffset: number): void };
  };
  typedArrayFromHeap?(tensor: tf.Tensor): unknown;
}

/**
 * The values of a float32 tensor without a copy and without a blocking read, or undefined if they are not in host memory (webgl, webgpu),
 * on another backend than the current one, or of another dtype. The one place that reaches into backends.
 *
 * The array is live: do not write to it (others may share it), and do not keep it: the heap of the wasm backend can move with the next operation.
 * On cpu a tensor may stand on an array of another type (a cast from int32); then a converted copy is returned.
 */
export function hostValues(tensor: tf.Tensor): Float32Array | undefined {
  if (tensor.dtype !== "float32") return undefined;
  const backend = tf.backend() as unknown as KnownBackend;
  const dataId = tensor.dataId;
  if (typeof backend.hostValues === "function") return backend.hostValues(dataId);
  if (typeof backend.typedArrayFromHeap === "function") {
    return backend.dataIdMap?.has(dataId) ? (backend.typedArrayFromHeap(tensor) as Float32Array) : undefined;
  }
  if (typeof backend.data?.has !== "function" || !backend.data.has(dataId)) return undefined;
  const { values } = backend.data.get(dataId);
  if (values instanceof Float32Array) return values;
  return Array.isArray(values) || ArrayBuffer.isView(values) ? Float32Array.from(values as unknown as ArrayLike<number>) : undefined;
}

/**
 * Makes a backend drop what it has derived from a tensor whose values are about to change in place. The wasm backend keeps packed copies of weights and
 * biases, in XNNPACK operators that it looks up by tensor: products and convolutions would go on with the values of before.
 */
export function dropDerived(tensor: tf.Tensor): void {
  const backend = tf.backend() as unknown as KnownBackend;
  backend.markWritten?.(tensor.dataId);
  const { wasm, dataIdMap } = backend;
  if (!wasm || !dataIdMap?.has(tensor.dataId)) return;
  const { id, memoryOffset } = dataIdMap.get(tensor.dataId);
  // Ends the operators of this tensor, not its memory, which is the heap's; then the tensor is made known again.
  wasm.tfjs.disposeData(id);
  wasm.tfjs.registerTensor(id, tensor.size, memoryOffset);
}

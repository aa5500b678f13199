import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { PooledArray } from "../buffer-pool.js";
import type { NativeBackend } from "../native-backend.js";

interface StridedCopyFunctions {
  stridedCopy(from: PooledArray, to: PooledArray, geometry: Int32Array): void;
}

/** The addon's limit. */
const maxRank = 16;
const geometry = new Int32Array(3 + 3 * maxRank);

/** Where a copy reads and writes: one stride for each axis, counted in elements; those of `from` may be 0 or negative. */
interface CopyGeometry {
  /** Elements along each axis, in the order of the target, outermost first. */
  readonly counts: readonly number[];
  readonly from: readonly number[];
  /** Left out where the target has no gaps. */
  readonly to?: readonly number[];
  readonly fromOffset?: number;
  readonly toOffset?: number;
}

/** Copies elements of any kind between two arrays of one kind. */
export function stridedCopy(
  source: PooledArray,
  target: PooledArray,
  { counts, from, to, fromOffset = 0, toOffset = 0 }: CopyGeometry,
): void {
  const rank = counts.length;
  geometry[0] = rank;
  geometry[1] = fromOffset;
  geometry[2] = toOffset;
  let withoutGaps = 1;
  for (let i = rank - 1; i >= 0; i--) {
    geometry[3 + i] = counts[i]!;
    geometry[3 + rank + i] = from[i]!;
    geometry[3 + 2 * rank + i] = to === undefined ? withoutGaps : to[i]!;
    withoutGaps *= counts[i]!;
  }
  addon<StridedCopyFunctions>().stridedCopy(source, target, geometry);
}

/** Distances between neighbours along each axis of a tensor: all of them, unlike tf.util.computeStrides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Whether the kernels that move data can take these tensors and make one of this size: known dtypes, offsets that fit into 32 bits. */
export function canMove(tensors: readonly tf.TensorInfo[], size: number, mostAxes = 0): boolean {
  for (const { dtype, shape } of tensors)
    if ((dtype !== "float32" && dtype !== "int32" && dtype !== "bool") || sizeOf(shape) >= 2 ** 31) return false;
  return size < 2 ** 31 && mostAxes <= maxRank;
}

/** The array of a tensor as it lies, bfloat16 bits where there is nothing else: values that are only moved need no float32 copy. */
export function storedArray(backend: NativeBackend, tensor: tf.TensorInfo): PooledArray {
  const memory = backend.memoryOf(tensor);
  return (memory.isBf16Only ? memory.bf16 : memory.values) as PooledArray;
}

/** An array of the same kind for a result. */
export function takeLike(backend: NativeBackend, array: PooledArray, length: number): PooledArray {
  return backend.pool.take<PooledArray>(array.constructor as Float32ArrayConstructor, length);
}

/** A new tensor of values that are taken from `x` by one strided copy. */
export function copyOf(backend: NativeBackend, x: tf.TensorInfo, shape: readonly number[], copy: CopyGeometry): tf.TensorInfo | undefined {
  const size = sizeOf(shape);
  if (!canMove([x], size, copy.counts.length)) return undefined;
  const source = storedArray(backend, x);
  const target = takeLike(backend, source, size);
  stridedCopy(source, target, copy);
  return backend.own(shape, x.dtype, target);
}

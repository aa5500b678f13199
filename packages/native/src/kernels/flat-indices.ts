import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { NativeBackend } from "../native-backend.js";
import { stridesOf } from "./strided-copy.js";

interface FlatIndicesFunctions {
  flatIndices(indices: Int32Array, flat: Int32Array, geometry: Int32Array): number;
}

/**
 * Indices [count, depth] into the first `depth` axes of a shape as row numbers, in an array of the pool that the caller gives back.
 * @throws Error where one is outside
 */
export function flatIndices(
  backend: NativeBackend,
  indices: tf.TensorInfo,
  { shape, numRows, depth, count }: { shape: readonly number[]; numRows: number; depth: number; count: number },
): Int32Array {
  const strides = stridesOf(shape.slice(0, depth));
  const flat = backend.take("int32", count) as Int32Array;
  const wrong = addon<FlatIndicesFunctions>().flatIndices(backend.ints(indices), flat, Int32Array.of(count, depth, numRows, ...strides));
  if (wrong >= 0) {
    backend.pool.give(flat);
    const index = backend.ints(indices).slice(wrong * depth, (wrong + 1) * depth);
    throw new Error(`Invalid indices: ${index.join(",")} does not index into ${shape.join(",")}`);
  }
  return flat;
}

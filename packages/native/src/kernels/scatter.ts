import * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { PooledArray } from "../buffer-pool.js";
import type { Inputs, KernelTable } from "../kernel.js";
import type { NativeBackend } from "../native-backend.js";
import { flatIndices } from "./flat-indices.js";
import { type GatherAttributes, gatherLengths } from "./gather.js";
import { canMove, sizeOf, takeLike } from "./strided-copy.js";

interface ScatterFunctions {
  segmentSum(values: PooledArray, ids: Int32Array, to: PooledArray, geometry: Int32Array): void;
  scatterRows(values: PooledArray, ids: Int32Array, to: PooledArray, geometry: Int32Array): void;
}

const geometry = new Int32Array(5);

/** Sums rows of `values` by id into a new tensor; `lengths` as in {@link gatherLengths}. */
function segmentSum(
  backend: NativeBackend,
  values: tf.TensorInfo,
  ids: Int32Array,
  shape: readonly number[],
  lengths: readonly number[],
): tf.TensorInfo {
  const sums = takeLike(backend, backend.memoryOf(values).values as PooledArray, sizeOf(shape));
  geometry.set(lengths);
  addon<ScatterFunctions>().segmentSum(backend.memoryOf(values).values as PooledArray, ids, sums, geometry);
  return backend.own(shape, values.dtype, sums);
}

const canSum = ({ dtype }: tf.TensorInfo): boolean => dtype === "float32" || dtype === "int32";

export const scatterKernels: KernelTable = {
  UnsortedSegmentSum({ inputs, attrs, backend }) {
    const { x, segmentIds } = inputs as Inputs<"x" | "segmentIds">;
    const { numSegments } = attrs as tf.UnsortedSegmentSumAttrs;
    const inner = x.shape.slice(segmentIds.shape.length);
    const shape = [numSegments, ...inner];
    if (segmentIds.dtype !== "int32" || !canSum(x) || !canMove([x, segmentIds], sizeOf(shape))) return undefined;
    return segmentSum(backend, x, backend.ints(segmentIds), shape, [1, 1, numSegments, sizeOf(inner), sizeOf(segmentIds.shape)]);
  },

  /** The gradient of gather in one go: `dy` is what gather made of a tensor of this shape. */
  GatherV2Grad({ inputs, attrs, backend }) {
    const { dy, indices } = inputs as Inputs<"dy" | "indices">;
    const { shape, ...rules } = attrs as GatherAttributes & { shape: readonly number[] };
    if (indices.dtype !== "int32" || !canSum(dy) || !canMove([indices, dy], sizeOf(shape))) return undefined;
    return segmentSum(backend, dy, backend.ints(indices), shape, gatherLengths(shape, indices, rules));
  },

  ScatterNd({ inputs, attrs, backend }) {
    const { indices, updates } = inputs as Inputs<"indices" | "updates">;
    const { shape } = attrs as tf.ScatterNdAttrs;
    const { sliceRank: depth, numUpdates: count, sliceSize, outputSize } = tf.backend_util.calculateShapes(updates, indices, shape);
    if (indices.dtype !== "int32" || !canSum(updates) || !canMove([indices, updates], outputSize) || outputSize === 0) return undefined;
    const numRows = outputSize / sliceSize;
    const flat = flatIndices(backend, indices, { shape, numRows, depth, count });
    try {
      return segmentSum(backend, updates, flat, shape, [1, 1, numRows, sliceSize, count]);
    } finally {
      backend.pool.give(flat);
    }
  },

  /** Into a copy; the cpu backend writes into the tensor itself. */
  TensorScatterUpdate({ inputs, backend }) {
    const { tensor, indices, updates } = inputs as Inputs<"tensor" | "indices" | "updates">;
    const { sliceRank: depth, numUpdates: count, sliceSize, outputSize } = tf.backend_util.calculateShapes(updates, indices, tensor.shape);
    const isOneForAll = updates.shape.length === 0;
    if (indices.dtype !== "int32" || isOneForAll || updates.dtype !== tensor.dtype || !canMove([tensor, indices, updates], 0))
      return undefined;
    if (outputSize === 0) return backend.share(tensor);
    const numRows = outputSize / sliceSize;
    const flat = flatIndices(backend, indices, { shape: tensor.shape, numRows, depth, count });
    try {
      const source = backend.memoryOf(tensor).values as PooledArray;
      const target = takeLike(backend, source, outputSize);
      target.set(source);
      geometry.set([count, sliceSize]);
      addon<ScatterFunctions>().scatterRows(backend.memoryOf(updates).values as PooledArray, flat, target, geometry);
      return backend.own(tensor.shape, tensor.dtype, target);
    } finally {
      backend.pool.give(flat);
    }
  },
};

import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { PooledArray } from "../buffer-pool.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { flatIndices } from "./flat-indices.js";
import { canMove, sizeOf, storedArray, takeLike } from "./strided-copy.js";

interface GatherFunctions {
  gather(values: PooledArray, ids: Int32Array, to: PooledArray, geometry: Int32Array): number;
}

const geometry = new Int32Array(5);

/** Which axis and how many batch axes a gather from `shape` is about; both may be counted from the end. */
export interface GatherAttributes {
  readonly axis: number;
  readonly batchDims?: number;
}

/** Lengths of gather's axes: values are [batch, outer, dim, slice], ids [batch, idsPerBatch]. */
export function gatherLengths(shape: readonly number[], indices: tf.TensorInfo, { axis, batchDims = 0 }: GatherAttributes): number[] {
  const along = axis < 0 ? axis + shape.length : axis;
  const batches = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
  const x = { shape } as tf.Tensor;
  const { batchSize, outerSize, dimSize, sliceSize } = tf.backend_util.segment_util.collectGatherOpShapeInfo(
    x,
    indices as tf.Tensor,
    along,
    batches,
  );
  return [batchSize, outerSize, dimSize, sliceSize, sizeOf(indices.shape.slice(batches))];
}

export const gatherKernels: KernelTable = {
  GatherV2({ inputs, attrs, backend }) {
    const { x, indices } = inputs as Inputs<"x" | "indices">;
    const { axis, batchDims = 0 } = attrs as GatherAttributes;
    const along = tf.util.parseAxisParam(axis, x.shape)[0]!;
    const batches = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
    const lengths = gatherLengths(x.shape, indices, { axis, batchDims });
    const shape = [...x.shape.slice(0, along), ...indices.shape.slice(batches), ...x.shape.slice(along + 1)];
    const size = sizeOf(shape);
    if (indices.dtype !== "int32" || !canMove([x, indices], size)) return undefined;
    const ids = backend.ints(indices);
    const source = storedArray(backend, x);
    const target = takeLike(backend, source, size);
    geometry.set(lengths);
    const wrong = addon<GatherFunctions>().gather(source, ids, target, geometry);
    if (wrong >= 0) {
      backend.pool.give(target);
      throw new SnapfitError(
        "INDEX_RANGE",
        `GatherV2: the index value ${ids[wrong]} is not in [0, ${lengths[2]! - 1}], the range of axis ${along} of shape [${x.shape.join(", ")}]. Check the token ids against the size of the vocabulary.`,
      );
    }
    return backend.own(shape, x.dtype, target);
  },

  GatherNd({ inputs, backend }) {
    const { params, indices } = inputs as Inputs<"params" | "indices">;
    const [shape, count, slice] = tf.backend_util.prepareAndValidate(params, indices);
    const rows = sizeOf(params.shape) / slice;
    const size = sizeOf(shape);
    if (indices.dtype !== "int32" || !canMove([params, indices], size) || size === 0) return undefined;
    const flat = flatIndices(backend, indices, { shape: params.shape, numRows: rows, depth: indices.shape.at(-1)!, count });
    try {
      const source = storedArray(backend, params);
      const target = takeLike(backend, source, size);
      geometry.set([1, 1, rows, slice, count]);
      addon<GatherFunctions>().gather(source, flat, target, geometry);
      return backend.own(shape, params.dtype, target);
    } finally {
      backend.pool.give(flat);
    }
  },
};

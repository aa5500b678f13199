import * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import { computeOnHost, required } from "./host-kernel.js";

export const wasmBatchedGather = kernelFix({ op: "GatherV2", wrong: "With batchDims, reads outside of the tensor: wrong values or a crash." }, ["wasm"], (original) => (args) => {
  const { axis, batchDims } = args.attrs as unknown as { axis: number; batchDims?: number };
  if (!batchDims) return original!(args);
  const { x, indices } = required(args.inputs, "x", "indices");
  const parsedAxis = tf.util.parseAxisParam(axis, x.shape)[0]!;
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } = tf.backend_util.segment_util.collectGatherOpShapeInfo(x as tf.Tensor, indices as tf.Tensor, parsedAxis, batchDims);
  return computeOnHost(args.backend, [x, indices], outputShape, x.dtype, (gathered, values, ids) => {
    const idsPerBatch = ids!.length / batchSize;
    let to = 0;
    for (let n = 0; n < batchSize; n++) {
      for (let outer = 0; outer < outerSize; outer++) {
        for (let i = 0; i < idsPerBatch; i++) {
          const id = ids![n * idsPerBatch + i]!;
          if (id < 0 || id >= dimSize) throw new Error(`gather: index ${id} is not in [0, ${dimSize - 1}]. Check the indices against axis ${parsedAxis} of shape [${x.shape.join(", ")}].`);
          const from = ((n * outerSize + outer) * dimSize + id) * sliceSize;
          for (let s = 0; s < sliceSize; s++) gathered[to++] = values![from + s]!;
        }
      }
    }
  });
});

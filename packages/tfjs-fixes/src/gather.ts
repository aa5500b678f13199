import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import { computeOnHost, required } from "./host-kernel.js";

export const gather = kernelFix(
  {
    op: "GatherV2",
    wrong:
      "On wasm, batchDims reads outside of the tensor: wrong values or a crash; on cpu, computes the place of each single element and reads with readSync.",
  },
  ["cpu", "wasm"],
  (original) => (args) => {
    const { x, indices } = required(args.inputs, "x", "indices");
    if (x.dtype === "string") return original!(args);
    const { axis, batchDims = 0 } = args.attrs as unknown as { axis: number; batchDims?: number };
    const parsedAxis = tf.util.parseAxisParam(axis, x.shape)[0]!;
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } = tf.backend_util.segment_util.collectGatherOpShapeInfo(
      x as tf.Tensor,
      indices as tf.Tensor,
      parsedAxis,
      batchDims,
    );
    return computeOnHost(args.backend, [x, indices], outputShape, x.dtype, (gathered, values, ids) => {
      const outside = ids!.find((id) => !(id >= 0 && id < dimSize));
      if (outside !== undefined)
        throw new SnapfitError(
          "INDEX_RANGE",
          `GatherV2: the index value ${outside} is not in [0, ${dimSize - 1}], the range of axis ${parsedAxis} of shape [${x.shape.join(", ")}]. Check the token ids against the size of the vocabulary.`,
        );
      const idsPerBatch = ids!.length / batchSize;
      let to = 0;
      for (let row = 0; row < batchSize * outerSize; row++) {
        const first = Math.floor(row / outerSize) * idsPerBatch;
        for (let i = first; i < first + idsPerBatch; i++) {
          const from = (row * dimSize + ids![i]!) * sliceSize;
          for (let s = 0; s < sliceSize; s++) gathered[to++] = values![from + s]!;
        }
      }
    });
  },
);

import * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import { computeOnHost, required } from "./host-kernel.js";

/** What the gradient of gather, and with it that of embeddings, is made of. */
export const unsortedSegmentSum = kernelFix(
  { op: "UnsortedSegmentSum", wrong: "Missing on wasm; on cpu the time grows with vocabulary x tokens instead of tokens." },
  ["cpu", "wasm"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { x, segmentIds } = required(inputs, "x", "segmentIds");
      const { numSegments } = attrs as unknown as { numSegments: number };
      const inner = x.shape.slice(segmentIds.shape.length);
      const innerSize = tf.util.sizeFromShape(inner);
      return computeOnHost(backend, [x, segmentIds], [numSegments, ...inner], x.dtype, (sums, values, ids) => {
        ids!.forEach((id, row) => {
          // Ids outside of the range are dropped, as TensorFlow does with negative ones.
          if (id < 0 || id >= numSegments) return;
          for (let i = 0; i < innerSize; i++) sums[id * innerSize + i]! += values![row * innerSize + i]!;
        });
      });
    },
);

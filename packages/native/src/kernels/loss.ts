import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { hasFloatRows, rowsOf } from "./rows.js";

interface LossFunctions {
  crossEntropy(
    logits: Float32Array,
    labels: Int32Array,
    losses: Float32Array,
    statistics: Float32Array,
    rows: Int32Array,
    smoothing: number,
    ignored: number | undefined,
  ): void;
  crossEntropyGrad(
    dy: Float32Array,
    logits: Float32Array,
    labels: Int32Array,
    statistics: Float32Array,
    dLogits: Float32Array,
    rows: Int32Array,
    smoothing: number,
    ignored: number | undefined,
  ): void;
}
interface CrossEntropyAttributes {
  readonly labelSmoothing: number;
  /** Rows with this label have the loss 0. */
  readonly ignoreIndex?: number;
}

/** Fails for a label that is neither a class nor the one to ignore. */
function checkLabels(labels: Int32Array, numClasses: number, ignoreIndex: number | undefined): void {
  for (const [row, label] of labels.entries()) {
    if ((label >= 0 && label < numClasses) || label === ignoreIndex) continue;
    throw new SnapfitError(
      "LABEL_RANGE",
      `softmaxCrossEntropy got the label ${label} in row ${row}. Labels are from 0 to ${numClasses - 1}: one for each logit of a row${ignoreIndex === undefined ? "" : `, or ${ignoreIndex}, which is ignored`}. Check the labels and the size of the model's last layer.`,
    );
  }
}

export const lossKernels: KernelTable = {
  /** [losses, statistics for the gradient] */
  FusedSoftmaxCrossEntropy({ inputs, attrs, backend }) {
    const { logits, labels } = inputs as Inputs<"logits" | "labels">;
    const { labelSmoothing, ignoreIndex } = attrs as CrossEntropyAttributes;
    if (!hasFloatRows(logits) || labels.dtype !== "int32") return undefined;
    const rows = rowsOf(logits);
    const indices = backend.ints(labels);
    checkLabels(indices, rows[1]!, ignoreIndex);
    const losses = backend.takeFloats(indices.length);
    const statistics = backend.takeFloats(2 * indices.length);
    addon<LossFunctions>().crossEntropy(backend.floats(logits), indices, losses, statistics, rows, labelSmoothing, ignoreIndex);
    return [backend.own(labels.shape, "float32", losses), backend.own([2, indices.length], "float32", statistics)];
  },

  FusedSoftmaxCrossEntropyGrad({ inputs, attrs, backend }) {
    const { dy, logits, labels, statistics } = inputs as Inputs<"dy" | "logits" | "labels" | "statistics">;
    const { labelSmoothing, ignoreIndex } = attrs as CrossEntropyAttributes;
    const dLogits = backend.takeFloats(tf.util.sizeFromShape(logits.shape));
    addon<LossFunctions>().crossEntropyGrad(
      backend.floats(dy),
      backend.floats(logits),
      backend.ints(labels),
      backend.floats(statistics),
      dLogits,
      rowsOf(logits),
      labelSmoothing,
      ignoreIndex,
    );
    return backend.own(logits.shape, "float32", dLogits);
  },
};

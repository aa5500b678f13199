import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { composedCrossEntropy } from "./composed-cross-entropy.js";
import { asFloat, hasKernel, runKernel } from "./fused-kernel.js";

/** Of {@link softmaxCrossEntropy}. */
export interface SoftmaxCrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes, from 0 to 1. @default 0 */
  readonly labelSmoothing?: number;
  /** Rows with this label have loss and gradient 0. @default none */
  readonly ignoreIndex?: number;
}

/**
 * Softmax cross-entropy of class indices, one loss for each row: torch's `cross_entropy` with `reduction="none"`. Stable for logits of any size.
 * @param logits [..., classes] @param labels [...], int32
 * @returns [...], as labels @throws SnapfitError `SHAPE_MISMATCH`, `OPTION_INVALID`, `LABEL_RANGE`
 *
 * @example
 * softmaxCrossEntropy(tf.tensor2d([[2, 0], [0, 0]]), tf.tensor1d([0, 1], "int32")).print(); // 0.1269, 0.6931
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { labelSmoothing = 0, ignoreIndex }: SoftmaxCrossEntropyOptions = {},
): tf.Tensor {
  checkShapes(logits, labels);
  checkOptions(labelSmoothing, ignoreIndex);
  return tf.tidy(() => {
    const scores = asFloat(logits);
    const indices = labels.dtype === "int32" ? labels : tf.cast(labels, "int32");
    if (logits.size === 0 || !hasKernel("FusedSoftmaxCrossEntropy")) {
      return composedCrossEntropy(scores, indices, labelSmoothing, ignoreIndex);
    }
    const attributes = { labelSmoothing, ...(ignoreIndex === undefined ? {} : { ignoreIndex }) };
    const [losses] = runKernel("FusedSoftmaxCrossEntropy", { logits: scores, labels: indices }, attributes) as tf.Tensor[];
    return losses!;
  });
}

function checkShapes(logits: tf.Tensor, labels: tf.Tensor): void {
  if (logits.rank > 0 && tf.util.arraysEqual(logits.shape.slice(0, -1), labels.shape)) return;
  throw new SnapfitError(
    "SHAPE_MISMATCH",
    `softmaxCrossEntropy got logits [${logits.shape.join(", ")}] and labels [${labels.shape.join(", ")}]. It takes logits [..., classes] and one label for each row: [...]. Check the model's last layer and the labels.`,
  );
}

function checkOptions(labelSmoothing: number, ignoreIndex: number | undefined): void {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new SnapfitError("OPTION_INVALID", `softmaxCrossEntropy got labelSmoothing: ${labelSmoothing}. It is a number from 0 to 1.`);
  }
  if (ignoreIndex !== undefined && !Number.isInteger(ignoreIndex)) {
    throw new SnapfitError("OPTION_INVALID", `softmaxCrossEntropy got ignoreIndex: ${ignoreIndex}. It is an integer.`);
  }
}

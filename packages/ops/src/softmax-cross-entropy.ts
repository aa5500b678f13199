import { checkOption, numberFrom, SnapfitError, type OptionCheck } from "@snapfit/base";
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

const smoothingRule = numberFrom(0, 1);
const indexRule: OptionCheck = ["a whole number", Number.isInteger];

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
  checkOption("softmaxCrossEntropy()", "labelSmoothing", labelSmoothing, smoothingRule);
  if (ignoreIndex !== undefined) checkOption("softmaxCrossEntropy()", "ignoreIndex", ignoreIndex, indexRule);
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

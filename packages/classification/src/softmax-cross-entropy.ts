import { SnapfitError } from "@snapfit/base";
import { softmaxCrossEntropy as lossesOfRows } from "@snapfit/ops";
import * as tf from "@tensorflow/tfjs";

/**
 * Softmax cross-entropy of class indices, the mean over the batch: torch's `cross_entropy`. Stable for logits of any size; a class whose logit is
 * -Infinity has probability 0. A label outside of the classes gives Infinity, or an error that names it where the backend can look at labels
 * (`@snapfit/native`), so that it cannot pass unnoticed.
 * @param logits [batch, classes] @param labels [batch], int32
 * @returns [] @throws SnapfitError `LOGITS_SHAPE`, `LABEL_RANGE`
 *
 * @example
 * const loss = softmaxCrossEntropy(tf.tensor2d([[2, 0], [0, 0]]), tf.tensor1d([0, 1], "int32"));
 * loss.print(); // (0.1269 + 0.6931) / 2 = 0.41
 */
export function softmaxCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new SnapfitError(
      "LOGITS_SHAPE",
      `softmaxCrossEntropy got logits [${logits.shape.join(", ")}] and labels [${labels.shape.join(", ")}]. It takes logits [batch, classes] and labels [batch]. Check the model's last layer and the labels.`,
    );
  }
  return tf.tidy(() => tf.mean(lossesOfRows(logits, labels)) as tf.Scalar);
}

import { SnapfitError } from "@snapfit/base";
import { softmaxCrossEntropy as lossesOfIndices } from "@snapfit/ops";
import * as tf from "@tensorflow/tfjs";
import { lossesOfProbabilities } from "./losses-of-probabilities.js";

/**
 * Softmax cross-entropy of class indices, or of the probabilities of the classes, the mean over the batch: torch's `cross_entropy`. Stable for logits of any
 * size; a class whose logit is -Infinity has probability 0. A label outside of the classes gives Infinity, or an error that names it where the backend can look
 * at labels (`@snapfit/native`), so that it cannot pass unnoticed. Labels get no gradient.
 * @param logits [batch, classes] @param labels class indices [batch], int32, or probabilities [batch, classes], float32
 * @returns [] @throws SnapfitError `LOGITS_SHAPE`, `LABEL_RANGE`
 *
 * @example
 * const logits = tf.tensor2d([[2, 0], [0, 0]]);
 * softmaxCrossEntropy(logits, tf.tensor1d([0, 1], "int32")).print(); // (0.1269 + 0.6931) / 2 = 0.41
 * softmaxCrossEntropy(logits, tf.tensor2d([[0.5, 0.5], [0, 1]])).print(); // (1.1269 + 0.6931) / 2 = 0.91
 */
export function softmaxCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const areProbabilities = labels.rank === 2;
  const expected = areProbabilities ? logits.shape : logits.shape.slice(0, 1);
  if (logits.rank !== 2 || !tf.util.arraysEqual(labels.shape, expected)) {
    throw new SnapfitError(
      "LOGITS_SHAPE",
      `softmaxCrossEntropy got logits [${logits.shape.join(", ")}] and labels [${labels.shape.join(", ")}]. It takes logits [batch, classes] and labels [batch], or probabilities [batch, classes]. Check the model's last layer and the labels.`,
    );
  }
  return tf.tidy(() => tf.mean(areProbabilities ? lossesOfProbabilities(logits, labels) : lossesOfIndices(logits, labels)) as tf.Scalar);
}

import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";

/**
 * Softmax cross-entropy of class indices, the mean over the batch: torch's `cross_entropy`. Stable for logits of any size; a class whose logit is
 * -Infinity has probability 0. A label outside of the classes gives Infinity, so that it cannot pass unnoticed.
 * @param logits [batch, classes] @param labels [batch], int32
 * @returns [] @throws SnapfitError `LOGITS_SHAPE`
 *
 * @example
 * const loss = softmaxCrossEntropy(tf.tensor2d([[2, 0], [0, 0]]), tf.tensor1d([0, 1], "int32"));
 * loss.print(); // (0.1269 + 0.6931) / 2 = 0.41
 */
export function softmaxCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const [numSamples, numClasses] = logits.shape;
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== numSamples) {
    throw new SnapfitError(
      "LOGITS_SHAPE",
      `softmaxCrossEntropy got logits [${logits.shape.join(", ")}] and labels [${labels.shape.join(", ")}]. It takes logits [batch, classes] and labels [batch]. Check the model's last layer and the labels.`,
    );
  }
  // Not tf.oneHot: it is wrong for float32 on wasm.
  const isLabel = tf.equal(labels.toInt().reshape([-1, 1]), tf.range(0, numClasses!, 1, "int32"));
  const loss = tf.customGrad((z, save) => {
    const scores = z as tf.Tensor;
    // -log softmax(z) = log sum exp(z - max z) - (z - max z)
    const shifted = scores.sub(scores.max(1, true));
    const losses = shifted.exp().sum(1, true).log().sub(shifted);
    (save as tf.GradSaveFunc)([losses, isLabel]);
    return {
      value: tf.where(isLabel, losses, Infinity).min(1).mean(),
      // d loss / d z = (softmax(z) - one-hot) / batch
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved[0]!.neg().exp().sub(saved[1]!.toFloat()).mul(dy.div(numSamples!)),
    };
  });
  return loss(logits) as tf.Scalar;
}

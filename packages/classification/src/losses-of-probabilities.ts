import * as tf from "@tensorflow/tfjs";

/**
 * Softmax cross-entropy of probabilities, one loss for each row: -sum p log softmax(z). A class of probability 0 adds nothing, whatever its logit.
 * @param logits [batch, classes] @param probabilities [batch, classes], of any dtype; they get no gradient
 * @returns [batch]
 */
export function lossesOfProbabilities(logits: tf.Tensor, probabilities: tf.Tensor): tf.Tensor {
  const target = tf.cast(probabilities, "float32");
  const losses = tf.customGrad((z, save) => {
    const scores = z as tf.Tensor;
    // The logits and not their softmax: TensorFlow.js follows saved inputs into second derivatives, saved results it does not.
    (save as tf.GradSaveFunc)([scores, target]);
    return { value: lossesOf(scores, target), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradientOf(dy, saved[0]!, saved[1]!) };
  });
  return losses(tf.cast(logits, "float32"));
}

function lossesOf(z: tf.Tensor, target: tf.Tensor): tf.Tensor {
  // -log softmax(z) = log sum exp(z - max z) - (z - max z)
  const shifted = tf.sub(z, tf.max(z, -1, true));
  const ofClasses = tf.sub(tf.log(tf.sum(tf.exp(shifted), -1, true)), shifted);
  // 0 times the Infinity of a class that is ruled out would be NaN.
  return tf.sum(tf.where(tf.equal(target, 0), 0, tf.mul(target, ofClasses)), -1);
}

/** dz = dy (softmax(z) sum p - p) */
function gradientOf(dy: tf.Tensor, z: tf.Tensor, target: tf.Tensor): tf.Tensor {
  const dz = tf.sub(tf.mul(tf.softmax(z), tf.sum(target, -1, true)), target);
  return tf.mul(dz, tf.expandDims(dy, -1));
}

import * as tf from "@tensorflow/tfjs";

/**
 * Softmax cross-entropy by plain operations. A label that is no class gives Infinity: values of tensors cannot be looked at here.
 * @param logits [..., classes], float32 @param labels [...], int32
 */
export function composedCrossEntropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  labelSmoothing: number,
  ignoreIndex: number | undefined,
): tf.Tensor {
  const numClasses = logits.shape[logits.rank - 1]!;
  // Not tf.oneHot: it is wrong for float32 on wasm.
  const isLabel = tf.equal(tf.expandDims(labels, -1), tf.range(0, numClasses, 1, "int32"));
  const isCounted = ignoreIndex === undefined ? undefined : tf.notEqual(labels, tf.scalar(ignoreIndex, "int32"));
  const losses = tf.customGrad((z, save) => {
    const scores = z as tf.Tensor;
    // The logits and not their softmax: TensorFlow.js follows saved inputs into second derivatives, saved results it does not.
    (save as tf.GradSaveFunc)([scores, isLabel, ...(isCounted === undefined ? [] : [isCounted])]);
    return {
      value: lossesOf(scores, isLabel, isCounted, labelSmoothing),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradientOf(dy, saved[0]!, saved[1]!, saved[2], labelSmoothing),
    };
  });
  return losses(logits);
}

function lossesOf(z: tf.Tensor, isLabel: tf.Tensor, isCounted: tf.Tensor | undefined, smoothing: number): tf.Tensor {
  // -log softmax(z) = log sum exp(z - max z) - (z - max z)
  const shifted = tf.sub(z, tf.max(z, -1, true));
  const ofClasses = tf.sub(tf.log(tf.sum(tf.exp(shifted), -1, true)), shifted);
  const ofLabel = tf.min(tf.where(isLabel, ofClasses, Infinity), -1);
  const losses = smoothing === 0 ? ofLabel : tf.add(tf.mul(ofLabel, 1 - smoothing), tf.mul(tf.mean(ofClasses, -1), smoothing));
  return isCounted === undefined ? losses : tf.where(isCounted, losses, 0);
}

/** dz = dy (softmax(z) - smoothing / classes - (1 - smoothing) [is the label]) */
function gradientOf(dy: tf.Tensor, z: tf.Tensor, isLabel: tf.Tensor, isCounted: tf.Tensor | undefined, smoothing: number): tf.Tensor {
  const numClasses = z.shape[z.rank - 1]!;
  const label = tf.cast(isLabel, "float32");
  const target = smoothing === 0 ? label : tf.add(tf.mul(label, 1 - smoothing), smoothing / numClasses);
  const dz = tf.mul(tf.sub(tf.softmax(z), target), tf.expandDims(dy, -1));
  return isCounted === undefined ? dz : tf.where(tf.expandDims(isCounted, -1), dz, tf.zerosLike(dz));
}

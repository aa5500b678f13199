import * as tf from "@tensorflow/tfjs";

const cubic = 0.044715;
const twoRootTwoByPi = 2 * Math.sqrt(2 / Math.PI);

/**
 * x (1 + tanh u) / 2 = x sigmoid(2u) with u = sqrt(2 / pi) (x + 0.044715 x^3), by plain operations. The gradient is written out from the saved
 * input: that of tanh goes by its saved result, of which TensorFlow.js loses track in second derivatives, and by 1 - tanh(u)^2, which loses digits.
 */
export const composedTanhGelu: (x: tf.Tensor) => tf.Tensor = tf.customGrad((input, save) => {
  const x = input as tf.Tensor;
  (save as tf.GradSaveFunc)([x]);
  return {
    value: tf.mul(x, tf.sigmoid(twoU(x))),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, slope(saved[0]!)),
  };
});

const twoU = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, tf.add(tf.mul(tf.square(x), cubic), 1)), twoRootTwoByPi);

/** s + x (2u)' s (1 - s), where 1 - sigmoid(2u) = sigmoid(-2u). */
function slope(x: tf.Tensor): tf.Tensor {
  const argument = twoU(x);
  const s = tf.sigmoid(argument);
  const rate = tf.mul(tf.add(tf.mul(tf.square(x), 3 * cubic), 1), twoRootTwoByPi);
  return tf.add(s, tf.mul(tf.mul(tf.mul(x, rate), s), tf.sigmoid(tf.neg(argument))));
}

import * as tf from "@tensorflow/tfjs";

/** Models by the names of the option `--model`: images [batch, 28, 28] from 0 to 1 in, 10 logits out. */
export const digitModels = { mlp, linear };

/** 784-256-128-10 with dropout. */
function mlp(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [28, 28] }),
      tf.layers.dense({ units: 256, activation: "relu", kernelInitializer: "heNormal" }),
      tf.layers.dropout({ rate: 0.2 }),
      tf.layers.dense({ units: 128, activation: "relu", kernelInitializer: "heNormal" }),
      tf.layers.dropout({ rate: 0.2 }),
      tf.layers.dense({ units: 10 }),
    ],
  });
}

/** Logistic regression, to compare with. */
function linear(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.flatten({ inputShape: [28, 28] }), tf.layers.dense({ units: 10 })] });
}

import * as tf from "@tensorflow/tfjs";
import type { ModelName } from "./demo-options.js";

/** Models by the names of the option `--model`: images [batch, 28, 28] from 0 to 1 in, 10 logits out. */
export const digitModels: Readonly<Record<ModelName, () => tf.LayersModel>> = { cnn, mlp, linear };

/** The model that the current device trains in a minute: only the native engine is fast enough for convolutions. */
export function bestModelHere(): ModelName {
  return tf.getBackend() === "native" ? "cnn" : "mlp";
}

/** Two convolutions, pooling, 128-10, with dropout. */
function cnn(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.reshape({ inputShape: [28, 28], targetShape: [28, 28, 1] }),
      tf.layers.conv2d({ filters: 32, kernelSize: 3, activation: "relu", kernelInitializer: "heNormal" }),
      tf.layers.conv2d({ filters: 64, kernelSize: 3, activation: "relu", kernelInitializer: "heNormal" }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.dropout({ rate: 0.25 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 128, activation: "relu", kernelInitializer: "heNormal" }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 10 }),
    ],
  });
}

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

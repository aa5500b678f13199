import * as tf from "@tensorflow/tfjs";
import type { CnnCase } from "../cases.js";
import type { TrainedModel } from "../trained-model.js";
import { classifier } from "./classifier.js";

/** Two convolutions, a pool and two dense layers. */
export function cnn({ batch, side, channels: [first, second], hidden, classes }: CnnCase): TrainedModel {
  const conv = { kernelSize: 3, activation: "relu" } as const;
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ name: "conv0", filters: first, inputShape: [side, side, 1], ...conv }),
      tf.layers.conv2d({ name: "conv1", filters: second, ...conv }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ name: "dense0", units: hidden, activation: "relu" }),
      tf.layers.dense({ name: "dense1", units: classes }),
    ],
  });
  return classifier(model, model.layers, batch);
}

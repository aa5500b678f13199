import * as tf from "@tensorflow/tfjs";
import type { LstmCase } from "../cases.js";
import type { TrainedModel } from "../trained-model.js";
import { classifier } from "./classifier.js";

/** One LSTM layer, its last output classified. */
export function lstm({ batch, inputs, units, steps, classes }: LstmCase): TrainedModel {
  const model = tf.sequential({
    layers: [
      // The layer's default is the hard sigmoid; everyone else's is the sigmoid.
      tf.layers.lstm({ name: "lstm", units, recurrentActivation: "sigmoid", inputShape: [steps, inputs] }),
      tf.layers.dense({ name: "dense", units: classes }),
    ],
  });
  return classifier(model, model.layers, batch);
}

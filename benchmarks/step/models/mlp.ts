import * as tf from "@tensorflow/tfjs";
import type { MlpCase } from "../cases.js";
import type { TrainedModel } from "../trained-model.js";
import { classifier } from "./classifier.js";

/** Dense layers with ReLU between them. */
export function mlp({ batch, widths }: MlpCase): TrainedModel {
  const [inputs, ...units] = widths;
  const model = tf.sequential();
  units.forEach((width, index) => {
    const activation = index === units.length - 1 ? "linear" : "relu";
    model.add(tf.layers.dense({ name: `dense${index}`, units: width, activation, ...(index === 0 && { inputShape: [inputs!] }) }));
  });
  return classifier(model, model.layers, batch);
}

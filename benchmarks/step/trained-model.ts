import * as tf from "@tensorflow/tfjs";
import { parameterValues } from "./formula-values.js";

/** A model with its one batch, ready to be trained on it again and again. */
export interface TrainedModel {
  /** By path, in the order of `parameter_list` in torch/models.py. */
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  /** Mean softmax cross entropy of the batch, in training mode. */
  loss(): tf.Scalar;
}

/** The trained weights of layers that carry names of their own. */
export function layerParameters(layers: readonly tf.layers.Layer[]): Map<string, tf.Variable> {
  return new Map(layers.flatMap((layer) => layer.trainableWeights.map((weight) => [weight.originalName, weight.read() as tf.Variable])));
}

/** Gives all parameters the values that every side of a comparison can compute. */
export function loadFormula(parameters: ReadonlyMap<string, tf.Variable>): void {
  [...parameters].forEach(([path, parameter], index) => {
    tf.tidy(() => parameter.assign(tf.tensor(parameterValues(index + 1, path, parameter.shape), parameter.shape)));
  });
}

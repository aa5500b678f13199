import { softmaxCrossEntropy } from "@snapfit/ops";
import * as tf from "@tensorflow/tfjs";
import { integers, uniform } from "../formula-values.js";
import { layerParameters, type TrainedModel } from "../trained-model.js";

/** A layers model that gives logits, with a batch of its input shape. `layers` are those with weights, in the order of torch/models.py. */
export function classifier(model: tf.LayersModel, layers: readonly tf.layers.Layer[], batch: number): TrainedModel {
  const [, ...shape] = model.inputs[0]!.shape;
  const [, classes] = model.outputs[0]!.shape;
  const inputs = uniform(1001, [batch, ...shape.map(Number)]);
  const labels = integers(1002, [batch], classes!) as tf.Tensor1D;
  return {
    parameters: layerParameters(layers),
    loss: () => tf.mean(softmaxCrossEntropy(model.apply(inputs, { training: true }) as tf.Tensor, labels)),
  };
}

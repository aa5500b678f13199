import * as tf from "@tensorflow/tfjs";
import type { ResNet18Case } from "../cases.js";
import type { TrainedModel } from "../trained-model.js";
import { classifier } from "./classifier.js";

/** ResNet-18 for small images: a 3 x 3 stem, no first pool, 1 x 1 convolutions where a block changes the shape. */
export function resNet18({ batch, side, width, classes }: ResNet18Case): TrainedModel {
  const layers: tf.layers.Layer[] = [];
  const add = <Layer extends tf.layers.Layer>(layer: Layer): Layer => {
    layers.push(layer);
    return layer;
  };
  const conv = (name: string, x: tf.SymbolicTensor, filters: number, kernelSize: number, strides: number): tf.SymbolicTensor =>
    add(tf.layers.conv2d({ name, filters, kernelSize, strides, padding: "same", useBias: false, kernelInitializer: "heUniform" })).apply(
      x,
    ) as tf.SymbolicTensor;
  const norm = (name: string, x: tf.SymbolicTensor): tf.SymbolicTensor =>
    add(tf.layers.batchNormalization({ name, momentum: 0.9, epsilon: 1e-5 })).apply(x) as tf.SymbolicTensor;
  const relu = (x: tf.SymbolicTensor): tf.SymbolicTensor => tf.layers.activation({ activation: "relu" }).apply(x) as tf.SymbolicTensor;

  const input = tf.input({ shape: [side, side, 3] });
  let x = relu(norm("norm", conv("stem", input, width, 3, 1)));
  for (let index = 0; index < 8; index++) {
    const name = `block${index}`;
    const filters = width * 2 ** (index >> 1);
    const strides = index > 0 && index % 2 === 0 ? 2 : 1;
    const inner = relu(norm(`${name}/norm0`, conv(`${name}/conv0`, x, filters, 3, strides)));
    const outer = norm(`${name}/norm1`, conv(`${name}/conv1`, inner, filters, 3, 1));
    const shortcut = strides === 1 ? x : norm(`${name}/shortcutNorm`, conv(`${name}/shortcut`, x, filters, 1, strides));
    x = relu(tf.layers.add().apply([outer, shortcut]) as tf.SymbolicTensor);
  }
  const pooled = tf.layers.globalAveragePooling2d({}).apply(x) as tf.SymbolicTensor;
  const logits = add(tf.layers.dense({ name: "dense", units: classes })).apply(pooled) as tf.SymbolicTensor;
  return classifier(tf.model({ inputs: input, outputs: logits }), layers, batch);
}

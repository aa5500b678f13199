import "@snapfit/native";
import { applyFixes } from "@snapfit/tfjs-fixes";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";

type Layer = tf.layers.Layer;
interface LayerCase {
  readonly make: () => Layer;
  readonly shape: readonly number[];
  /** Token ids in place of numbers. */
  readonly isTokens?: boolean;
}

const layers: Readonly<Record<string, LayerCase>> = {
  dense: { make: () => tf.layers.dense({ units: 7, activation: "relu" }), shape: [6, 5] },
  "dense on sequences": { make: () => tf.layers.dense({ units: 3, activation: "softmax" }), shape: [4, 6, 5] },
  conv1d: { make: () => tf.layers.conv1d({ filters: 4, kernelSize: 3, activation: "tanh" }), shape: [3, 9, 2] },
  conv2d: {
    make: () => tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
    shape: [3, 7, 8, 2],
  },
  "dilated conv2d": { make: () => tf.layers.conv2d({ filters: 4, kernelSize: 3, dilationRate: 2, padding: "same" }), shape: [2, 7, 8, 2] },
  conv2dTranspose: {
    make: () => tf.layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same" }),
    shape: [2, 4, 5, 2],
  },
  conv3d: { make: () => tf.layers.conv3d({ filters: 2, kernelSize: 2, activation: "sigmoid" }), shape: [2, 4, 3, 4, 2] },
  depthwiseConv2d: { make: () => tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }), shape: [2, 6, 5, 3] },
  separableConv2d: { make: () => tf.layers.separableConv2d({ filters: 4, kernelSize: 3 }), shape: [2, 6, 5, 3] },
  convLstm2d: { make: () => tf.layers.convLstm2d({ filters: 2, kernelSize: 2, returnSequences: true }), shape: [2, 3, 4, 4, 2] },
  lstm: { make: () => tf.layers.lstm({ units: 6, returnSequences: true }), shape: [3, 5, 4] },
  gru: { make: () => tf.layers.gru({ units: 6 }), shape: [3, 5, 4] },
  simpleRNN: { make: () => tf.layers.simpleRNN({ units: 6 }), shape: [3, 5, 4] },
  bidirectional: {
    make: () => tf.layers.bidirectional({ layer: tf.layers.lstm({ units: 4 }) as never, mergeMode: "concat" }),
    shape: [3, 5, 4],
  },
  timeDistributed: { make: () => tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 3 }) }), shape: [3, 5, 4] },
  embedding: { make: () => tf.layers.embedding({ inputDim: 20, outputDim: 6 }), shape: [4, 7], isTokens: true },
  batchNormalization: { make: () => tf.layers.batchNormalization(), shape: [6, 4, 5, 3] },
  "batchNormalization without scale": { make: () => tf.layers.batchNormalization({ scale: false }), shape: [16, 5] },
  layerNormalization: { make: () => tf.layers.layerNormalization(), shape: [6, 4, 9] },
  maxPooling2d: { make: () => tf.layers.maxPooling2d({ poolSize: 2, padding: "same" }), shape: [2, 5, 6, 3] },
  averagePooling2d: { make: () => tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }), shape: [2, 5, 6, 3] },
  maxPooling1d: { make: () => tf.layers.maxPooling1d({ poolSize: 2 }), shape: [2, 6, 3] },
  maxPooling3d: { make: () => tf.layers.maxPooling3d({ poolSize: 2, dataFormat: "channelsLast" }), shape: [2, 4, 4, 4, 2] },
  globalAveragePooling2d: { make: () => tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }), shape: [2, 5, 6, 3] },
  globalMaxPooling2d: { make: () => tf.layers.globalMaxPooling2d({ dataFormat: "channelsLast" }), shape: [2, 5, 6, 3] },
  upSampling2d: { make: () => tf.layers.upSampling2d({ size: [2, 3] }), shape: [3, 4, 3, 2] },
  zeroPadding2d: {
    make: () =>
      tf.layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 1],
        ],
      }),
    shape: [2, 4, 3, 2],
  },
  cropping2d: {
    make: () =>
      tf.layers.cropping2D({
        cropping: [
          [1, 1],
          [0, 1],
        ],
      }),
    shape: [2, 5, 4, 2],
  },
  permute: { make: () => tf.layers.permute({ dims: [2, 1, 3] }), shape: [2, 5, 4, 3] },
  repeatVector: { make: () => tf.layers.repeatVector({ n: 3 }), shape: [4, 5] },
  reshape: { make: () => tf.layers.reshape({ targetShape: [4, 6] }), shape: [2, 3, 8] },
  flatten: { make: () => tf.layers.flatten(), shape: [2, 3, 8] },
  prelu: { make: () => tf.layers.prelu({ alphaInitializer: "ones" }), shape: [4, 6] },
  elu: { make: () => tf.layers.elu(), shape: [4, 6] },
  leakyReLU: { make: () => tf.layers.leakyReLU(), shape: [4, 6] },
  softmax: { make: () => tf.layers.softmax(), shape: [4, 6] },
  masking: { make: () => tf.layers.masking(), shape: [4, 6, 2] },
};

const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233));

/** Output in training, gradients of a weighted sum to input and weights, all weights afterwards, and the output of inference. */
async function results(backendName: string, { make, shape, isTokens = false }: LayerCase): Promise<Float32Array[]> {
  await tf.setBackend(backendName);
  applyFixes(backendName);
  const layer = make();
  const values = noise(tf.util.sizeFromShape([...shape]), 1);
  const input = isTokens
    ? tf.tensor(
        Int32Array.from(values, (value) => Math.floor(10 + 9.9 * value)),
        [...shape],
        "int32",
      )
    : tf.tensor(values, [...shape]);
  layer.build([...shape]);
  layer.setWeights(
    layer.getWeights().map((weight, i) =>
      tf.tensor(
        noise(weight.size, i + 2).map((value) => 0.5 + 0.4 * value),
        weight.shape,
      ),
    ),
  );
  const parameters = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const x = isTokens ? input : tf.variable(input);
  const outputs: tf.Tensor[] = [];
  const forward = (): tf.Scalar => {
    const output = layer.call(x, { training: true }) as tf.Tensor | tf.Tensor[];
    const tensor = Array.isArray(output) ? output[0]! : output;
    outputs.push(tf.keep(tensor.clone()));
    return tf.sum(tf.mul(tensor, tf.tensor(noise(tensor.size, 9), tensor.shape)));
  };
  const all = isTokens ? parameters : [...parameters, x as tf.Variable];
  const grads = all.length === 0 ? {} : tf.variableGrads(forward, all).grads;
  const predicted = layer.call(x, { training: false }) as tf.Tensor | tf.Tensor[];
  const tensors = [
    ...outputs,
    ...all.map(({ name }) => grads[name]!),
    ...layer.getWeights(),
    Array.isArray(predicted) ? predicted[0]! : predicted,
  ];
  return Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
}

describe("layers of TensorFlow.js give on native what they give on cpu", () => {
  it.each(Object.entries(layers))("%s", async (_, layer) => {
    const ours = await results("native", layer);
    const theirs = await results("cpu", layer);
    expect(ours.length).toBe(theirs.length);
    for (const [k, values] of ours.entries()) {
      const largest = Math.max(
        1,
        theirs[k]!.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      );
      expect(values.length).toBe(theirs[k]!.length);
      const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[k]![i]!)), 0);
      expect(worst / largest, `result ${k}`).toBeLessThan(1e-5);
    }
  });
});

import { hostTensor, RandomStream } from "@snapfit/base";
import type { ParameterSource } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";

/** Options of {@link tinyClassifier} and {@link tinyRegressor}. */
export interface TinyModelOptions {
  /** @default 4 */
  readonly numFeatures?: number;
  /** @default 3 */
  readonly numClasses?: number;
  /** Rate of a dropout layer in the middle; without one if 0. @default 0 */
  readonly dropout?: number;
  /** Puts a batch normalisation in the middle, whose moving averages are buffers. @default false */
  readonly batchNorm?: boolean;
}

/**
 * Features [batch, numFeatures] to logits [batch, numClasses] through a hidden layer of 6. Give the function to a trainer as `model`, so that its seed
 * reaches the initial weights: `model: () => tinyClassifier()`.
 */
export function tinyClassifier({ numFeatures = 4, numClasses = 3, dropout = 0, batchNorm = false }: TinyModelOptions = {}): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, inputShape: [numFeatures], activation: "tanh" }),
      ...(dropout > 0 ? [tf.layers.dropout({ rate: dropout })] : []),
      ...(batchNorm ? [tf.layers.batchNormalization()] : []),
      tf.layers.dense({ units: numClasses }),
    ],
  });
}

/** Features [batch, numFeatures] to one value [batch, 1] through a hidden layer of 6. */
export function tinyRegressor(options: Omit<TinyModelOptions, "numClasses"> = {}): tf.LayersModel {
  return tinyClassifier({ ...options, numClasses: 1 });
}

/** The smallest model: linear, 10 features to 1 value. */
export function dummyModel(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [10] })] });
}

/** A model that is no `tf.LayersModel`: linear, features [batch, numFeatures] to logits [batch, numClasses], with a buffer that counts its passes in training. */
export function tinySource({
  numFeatures = 4,
  numClasses = 3,
  seed = 1,
}: { readonly numFeatures?: number; readonly numClasses?: number; readonly seed?: number } = {}): ParameterSource {
  const random = RandomStream.fromSeed(seed, "tinySource");
  const values = hostTensor(
    Float32Array.from({ length: numFeatures * numClasses }, () => 0.5 * random.normal()),
    [numFeatures, numClasses],
  );
  const { kernel, bias, passes } = tf.tidy(() => ({
    kernel: tf.variable(tf.tensor2d(values.data, [numFeatures, numClasses])),
    bias: tf.variable(tf.zeros([numClasses])),
    passes: tf.variable(tf.scalar(0), false),
  }));
  return {
    parameters: () =>
      new Map<string, tf.Variable>([
        ["kernel", kernel],
        ["bias", bias],
      ]),
    buffers: () => new Map<string, tf.Variable>([["passes", passes]]),
    forward(inputs, { training }) {
      if (training) passes.assign(passes.add(1));
      return tf.add(tf.matMul(inputs as tf.Tensor2D, kernel as tf.Tensor2D), bias);
    },
  };
}

/** Disposes the variables of a model, of either kind. */
export function disposeModel(model: tf.LayersModel | ParameterSource): void {
  if ("layers" in model) model.dispose();
  else for (const variable of [...model.parameters().values(), ...(model.buffers?.().values() ?? [])]) variable.dispose();
}

import type * as tf from "@tensorflow/tfjs";

/** Activations of the fused kernels, in the order of C++. */
export const rnnActivations = ["linear", "sigmoid", "hardSigmoid", "tanh", "relu"] as const;
export type RnnActivation = (typeof rnnActivations)[number];

/** Settings of a fused LSTM or GRU. */
export interface RnnAttributes {
  /** Of the gates. */
  readonly recurrentActivation: RnnActivation;
  /** Of the candidate, and of the cell on its way out. */
  readonly activation: RnnActivation;
  /** From the last step to the first; the output sequence then is in that order too, as in tf.layers. */
  readonly goBackwards: boolean;
  /** Whether the output sequence is wanted. */
  readonly returnSequences: boolean;
}

/** Sizes of a call: x [batch, time, features], `width` gates a step. */
export interface RnnSizes {
  readonly batch: number;
  readonly time: number;
  readonly features: number;
  readonly units: number;
  readonly width: number;
}

const shape = new Int32Array(7);

/** x [batch, time, features], recurrentKernel [units, width] */
export function rnnSizes([batch, time, features]: readonly number[], { shape: [units, width] }: tf.TensorInfo): RnnSizes {
  return { batch: batch!, time: time!, features: features!, units: units!, width: width! };
}

/** Sizes and settings as C++ reads them; holds until the next call. */
export function rnnShape({ batch, time, features, units }: RnnSizes, attributes: RnnAttributes): Int32Array {
  const { recurrentActivation, activation, goBackwards } = attributes;
  shape.set([batch, time, features, units, rnnActivations.indexOf(recurrentActivation), rnnActivations.indexOf(activation), +goBackwards]);
  return shape;
}

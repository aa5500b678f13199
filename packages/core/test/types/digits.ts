// The trainer that the tests of the add-on machinery share.
import { hostTensor, type HostTensor } from "@snapfit/base";
import { Trainer, type ParameterSource, type StepResult, type TrainerOptions } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";

export interface DigitBatch {
  readonly images: tf.Tensor2D;
  readonly labels: tf.Tensor1D;
}

/** Loss = w times the mean of the labels. */
export class Digits extends Trainer<DigitBatch> {
  readonly numClasses: number = 10;
  protected override trainingStep({ labels }: DigitBatch): StepResult {
    return { loss: this.forward(labels).mean() };
  }
}

/** A model of one parameter: `forward(x)` is w x. */
function scalarModel(): ParameterSource {
  const w = tf.variable(tf.scalar(1));
  return { parameters: () => new Map([["w", w]]), forward: (inputs) => tf.mul(inputs as tf.Tensor, w) };
}

const silent = (): void => {};
export const options: TrainerOptions = {
  model: scalarModel,
  device: "cpu",
  seed: 1,
  signals: false,
  logger: { debug: silent, info: silent, warning: silent, error: silent },
};

/** One batch with these labels. */
export function digits(...labels: number[]): { readonly images: HostTensor<2>; readonly labels: HostTensor<1> } {
  return {
    images: hostTensor(new Float32Array(labels.length * 4), [labels.length, 4]),
    labels: hostTensor(Float32Array.from(labels), [labels.length]),
  };
}

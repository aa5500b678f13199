import { hostTensor, type HostTensor } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { Trainer, type ParameterSource, type StepResult, type TrainerOptions } from "../../src/index.js";
import { Lines } from "./regression.js";

/** Makes a model of one parameter: `forward(x)` is w x. */
export function scalarModel(initial = 1): () => ParameterSource {
  return () => {
    const w = tf.tidy(() => tf.variable(tf.scalar(initial)));
    return { parameters: () => new Map([["w", w]]), forward: (inputs) => tf.mul(inputs as tf.Tensor, w) };
  };
}

/** One batch of numbers. */
export function batch(...values: number[]): HostTensor<1> {
  return hostTensor(Float32Array.from(values), [values.length]);
}

/** Batches of one number each. */
export function batches(...values: number[]): HostTensor<1>[] {
  return values.map((value) => batch(value));
}

/** A source whose n-th pass is one batch with the n-th value, so that a validation by it has these losses. */
export function passes(...values: number[]): () => HostTensor<1>[] {
  let pass = 0;
  return () => batches(values[pass++]!);
}

/** Training: loss w mean(x), so that the gradient is mean(x). Validation: loss mean(x). */
export class ScalarTrainer extends Trainer<tf.Tensor1D> {
  protected override trainingStep(x: tf.Tensor1D, _index: number, _name: string): StepResult {
    return { loss: this.forward(x).mean() };
  }
  protected override validationStep(x: tf.Tensor1D, _index: number): StepResult {
    return { loss: x.mean() };
  }
  /** The parameter. */
  async w(): Promise<number> {
    return (await this.modelWeights())["w"]!.data[0]!;
  }
}

/** Options of a {@link ScalarTrainer}: sgd with rate 0.5 on cpu, what it says in `logger`. */
export function scalarOptions<O extends Partial<TrainerOptions> & Record<string, unknown>>(
  options?: O,
): TrainerOptions & { readonly logger: Lines } {
  return {
    model: scalarModel(),
    optimizer: sgd({ learningRate: 0.5 }),
    device: "cpu",
    seed: 1,
    signals: false,
    logger: new Lines(),
    ...options,
  } as never;
}

/** The lines of a trainer but those on device and seed, without level. */
export function said({ all }: Lines): string[] {
  return all.map((line) => line.replace(/^\w+ /, "")).filter((line) => !/^(Device|Seed): /.test(line));
}

/** The same without the times in epoch lines. */
export function saidTimeless(lines: Lines): string[] {
  return said(lines).map((line) => line.replace(/ \([\d.]+m?s\)$/, ""));
}

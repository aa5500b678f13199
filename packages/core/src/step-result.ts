import type { HostOutputs } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";

/**
 * What a step returns. Every scalar is averaged over the epoch, weighted by `batchWeight(batch)`.
 * A promise does not compile: steps are synchronous, since they run inside one tidy and tape.
 */
export interface StepResult {
  /** Scalar []. Trained on in `trainingStep`; without it the batch is only averaged and logged. */
  readonly loss?: tf.Tensor;
  /** Tensors [samples, …] by name, read for metrics and hooks after the step. */
  readonly outputs?: Readonly<Record<string, tf.Tensor>>;
  readonly then?: never;
  /** Any further scalars. */
  readonly [name: string]: tf.Tensor | number | undefined | Readonly<Record<string, tf.Tensor>>;
}

/** What batch-end hooks get: scalars as tensors that live until the hook returns, and `outputs` as host tensors. */
export interface BatchOutputs {
  readonly outputs?: HostOutputs;
  readonly [name: string]: tf.Tensor | number | undefined | HostOutputs;
}

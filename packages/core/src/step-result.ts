import type { HostOutputs } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";

/** What a step returns. Every scalar is averaged over the epoch, weighted by `batchWeight(batch)`. */
export interface StepResult {
  /** Scalar []. Trained on in `trainingStep`; without it the batch is only averaged and logged. */
  readonly loss?: tf.Tensor;
  /** Tensors [samples, …] by name, read for metrics and hooks after the step. */
  readonly outputs?: Readonly<Record<string, tf.Tensor>>;
  /** Any further scalars. */
  readonly [name: string]: tf.Tensor | number | undefined | Readonly<Record<string, tf.Tensor>>;
  // What promises and tensors have and no result may have. No value is of these types: the compiler quotes the sentence as the reason.
  readonly then?: "Steps are synchronous: they run inside one tidy and tape. Return the result itself, no promise." & tf.Tensor;
  readonly dataId?: "A step returns an object such as { loss }, no bare tensor." & tf.Tensor;
}

/** What batch-end hooks get: scalars as tensors that live until the hook returns, and `outputs` as host tensors. */
export interface BatchOutputs {
  readonly outputs?: HostOutputs;
  readonly [name: string]: tf.Tensor | number | undefined | HostOutputs;
}

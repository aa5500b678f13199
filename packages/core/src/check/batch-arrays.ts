import { isHostTensor, type HostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";

/** An array of a batch, with its place there (`images`, `inputs.0`). */
export interface BatchArray {
  readonly place: string;
  readonly array: HostTensor | tf.Tensor;
}

export function arraysOf(batch: unknown, place = ""): BatchArray[] {
  if (batch instanceof tf.Tensor || isHostTensor(batch)) return [{ place: place || "the batch", array: batch }];
  if (typeof batch !== "object" || batch === null || ArrayBuffer.isView(batch)) return [];
  return Object.entries(batch).flatMap(([key, value]) => arraysOf(value, place === "" ? key : `${place}.${key}`));
}

/** The batch with the first `count` of its `numSamples` samples, in the same nesting. Tensors that it makes belong to the running tidy. */
export function firstSamples(batch: unknown, numSamples: number, count: number): unknown {
  if (batch instanceof tf.Tensor) return batch.shape[0] === numSamples ? tf.slice(batch, 0, count) : batch;
  if (isHostTensor(batch)) {
    if (batch.shape[0] !== numSamples) return batch;
    return { ...batch, shape: [count, ...batch.shape.slice(1)], data: batch.data.slice(0, (batch.data.length / numSamples) * count) };
  }
  if (Array.isArray(batch)) return batch.map((item) => firstSamples(item, numSamples, count));
  if (typeof batch !== "object" || batch === null || ArrayBuffer.isView(batch)) return batch;
  return Object.fromEntries(Object.entries(batch).map(([key, value]) => [key, firstSamples(value, numSamples, count)]));
}

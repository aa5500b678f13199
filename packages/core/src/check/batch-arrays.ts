import { isHostTensor, type HostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { isRecord, mapTensors } from "../batch.js";

/** An array of a batch, with its place there (`images`, `inputs.0`). */
export interface BatchArray {
  readonly place: string;
  readonly array: HostTensor | tf.Tensor;
}

export function arraysOf(batch: unknown, place = ""): BatchArray[] {
  if (batch instanceof tf.Tensor || isHostTensor(batch)) return [{ place: place || "the batch", array: batch }];
  if (!Array.isArray(batch) && !isRecord(batch)) return [];
  return Object.entries(batch).flatMap(([key, value]) => arraysOf(value, place === "" ? key : `${place}.${key}`));
}

/** The batch with the first `count` of its `numSamples` samples. Tensors that it makes belong to the running tidy. */
export function firstSamples(batch: unknown, numSamples: number, count: number): unknown {
  return mapTensors(batch, (array) => {
    if (array.shape[0] !== numSamples) return array;
    if (array instanceof tf.Tensor) return tf.slice(array, 0, count);
    return { ...array, shape: [count, ...array.shape.slice(1)], data: array.data.slice(0, (array.data.length / numSamples) * count) };
  });
}

import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { selfCheckValues, selfChecks, weightedSum } from "../src/self-check.js";

/** The same five results by operations of the cpu backend and its gradients. */
const results: Readonly<Record<string, (tensors: readonly tf.Tensor[], attrs: object) => tf.Tensor>> = {
  BatchMatMul: ([a, b]) => tf.matMul(a!, b!),
  Conv2D: ([x, filter]) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"),
  Conv2DBackpropInput: ([dy, filter], attrs) => {
    const output = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same");
    return tf.grad((x) => output(x).mul(dy!))(tf.zeros((attrs as { inputShape: number[] }).inputShape));
  },
  Conv2DBackpropFilter: ([x, dy], attrs) => {
    const output = (filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same");
    return tf.grad((filter) => output(filter).mul(dy!))(tf.zeros((attrs as { filterShape: number[] }).filterShape));
  },
  MaxPool: ([x]) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"),
};

describe("the stored numbers of the self-check", () => {
  it.each(selfChecks)("$kernel: $sum is what the cpu backend finds", async ({ kernel, inputs, attrs, sum }) => {
    await tf.setBackend("cpu");
    const tensors = Object.values(inputs).map((shape, seed) =>
      tf.tensor(selfCheckValues(tf.util.sizeFromShape(shape as number[]), seed), shape as number[]),
    );
    expect(weightedSum(await results[kernel]!(tensors, attrs).data())).toBe(sum);
    expect(sum).not.toBe(0);
  });
});

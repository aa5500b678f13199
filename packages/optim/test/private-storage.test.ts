import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, test } from "vitest";
import { sgd } from "../src/index.js";
import { useBackend } from "./backends.js";
import { step, valuesOf, variable } from "./train.js";

const gradient = { w: [1, 1] };

describe.each(["cpu", "wasm", "device", "native"] as const)("on %s an update in place is not seen in", (backend) => {
  beforeEach(() => useBackend(backend));

  test("the array that a parameter was made from", async () => {
    const array = new Float32Array([1, 2]);
    const initial = tf.tensor(array);
    const w = tf.variable(initial);
    const optimizer = sgd({ learningRate: 1 });
    for (let i = 0; i < 3; i++) step(optimizer, { w }, gradient);
    expect([...array]).toEqual([1, 2]);
    expect(await valuesOf(initial)).toEqual([1, 2]);
    expect(await valuesOf(w)).toEqual([-2, -1]);
  });

  test("a clone taken before, between and after steps", async () => {
    const w = variable([1, 2]);
    const optimizer = sgd({ learningRate: 1 });
    const clones = [w.clone()];
    for (let i = 0; i < 3; i++) {
      step(optimizer, { w }, gradient);
      clones.push(w.clone(), w.reshape([2, 1]));
    }
    const expected = [
      [1, 2],
      [0, 1],
      [0, 1],
      [-1, 0],
      [-1, 0],
      [-2, -1],
      [-2, -1],
    ];
    expect(await Promise.all(clones.map(valuesOf))).toEqual(expected);
  });

  test("a tensor or variable assigned to the parameter", async () => {
    const w = variable([1, 2]);
    const optimizer = sgd({ learningRate: 1 });
    step(optimizer, { w }, gradient);
    const [tensor, other] = [tf.tensor1d([5, 6]), variable([7, 8])];
    w.assign(tensor);
    step(optimizer, { w }, gradient);
    expect(await valuesOf(w)).toEqual([4, 5]);
    w.assign(other);
    step(optimizer, { w }, gradient);
    expect(await valuesOf(w)).toEqual([6, 7]);
    expect(await valuesOf(tensor)).toEqual([5, 6]);
    expect(await valuesOf(other)).toEqual([7, 8]);
  });

  test("a variable that takes the parameter's values, as an average that is swapped in and out", async () => {
    const [w, kept] = [variable([1, 2]), variable([0, 0])];
    const optimizer = sgd({ learningRate: 1 });
    step(optimizer, { w }, gradient);
    kept.assign(w);
    step(optimizer, { w }, gradient);
    expect(await valuesOf(kept)).toEqual([0, 1]);
    w.assign(kept);
    step(optimizer, { w }, gradient);
    expect(await valuesOf(kept)).toEqual([0, 1]);
    expect(await valuesOf(w)).toEqual([-1, 0]);
  });

  test("a gradient that is the parameter itself", async () => {
    const w = variable([1, 2]);
    const same = w.clone();
    const optimizer = sgd({ learningRate: 0.5 });
    optimizer.apply(new Map([["w", same]]), new Map([["w", w]]), 1);
    expect(await valuesOf(same)).toEqual([1, 2]);
    expect(await valuesOf(w)).toEqual([0.5, 1]);
  });
});

test("on cpu the storage is made private once, then written in place", async () => {
  await useBackend("cpu");
  const w = variable([1, 2]);
  const optimizer = sgd({ learningRate: 1 });
  step(optimizer, { w }, gradient);
  const dataId = w.dataId;
  step(optimizer, { w }, gradient);
  expect(w.dataId).toBe(dataId);
});

// The wasm backend keeps packed copies of weights and biases by tensor.
describe.each(["cpu", "wasm", "device", "native"] as const)(
  "on %s what is computed after steps in place uses the values of now:",
  (backend) => {
    beforeEach(() => useBackend(backend));

    const cases: Record<string, (kernel: tf.Variable, bias: tf.Variable) => tf.Tensor> = {
      "a product": (kernel) => tf.ones([3, 4]).matMul(kernel.reshape([4, 2])),
      "a dense layer's product with bias": (kernel, bias) =>
        tf.fused.matMul({ a: tf.ones([3, 4]), b: kernel.reshape([4, 2]), bias, activation: "relu" }),
      "a convolution": (kernel) => tf.conv2d(tf.ones<tf.Rank.R3>([4, 4, 1]), kernel.reshape([2, 2, 1, 2]), 1, "valid"),
      "a convolution with bias": (kernel, bias) =>
        tf.fused.conv2d({ x: tf.ones<tf.Rank.R3>([4, 4, 1]), filter: kernel.reshape([2, 2, 1, 2]), strides: 1, pad: "valid", bias }),
      "a depthwise convolution": (kernel) => tf.depthwiseConv2d(tf.ones<tf.Rank.R3>([4, 4, 2]), kernel.reshape([2, 2, 2, 1]), 1, "valid"),
      "a parametric relu": (kernel) => tf.prelu(tf.fill([1, 8], -1), kernel.reshape([8])),
    };
    test.each(Object.keys(cases))("%s", async (name) => {
      const kernel = variable([1, 2, 3, 4, 5, 6, 7, 8]);
      const bias = variable([0.5, -0.5]);
      const optimizer = sgd({ learningRate: 1 });
      for (let i = 0; i < 4; i++) {
        const now = await valuesOf(tf.tidy(() => cases[name]!(kernel, bias))); // in a tidy, or a reshaped kernel would still share the storage
        // The same of new tensors, which nothing can be remembered of.
        const [kernelNow, biasNow] = [tf.variable(tf.tensor(await valuesOf(kernel))), tf.variable(tf.tensor(await valuesOf(bias)))];
        expect(now).toEqual(await valuesOf(cases[name]!(kernelNow, biasNow)));
        const gradients = { kernel: [1, -1, 0.5, -0.5, 2, 0.25, 1, 1], bias: [-1, 1] };
        step(optimizer, { kernel, bias }, i === 2 ? { bias: gradients.bias } : gradients); // a frozen kernel too
      }
    });
  },
);

import "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import { difference, onBothBackends, random } from "./on-both-backends.js";

const shapes = [[3], [2, 5], [40, 33], [2, 3, 4, 5], [6, 1], [2, 9000], [3]];

it.each(shapes)("softmax of [%s, ...] and its gradient are as on cpu", async (...shape) => {
  const inputs = { x: random(shape, 1), dy: random(shape, 2) };
  const { native, cpu } = await onBothBackends(inputs, ({ x, dy }) => {
    const scaled = tf.mul(x!, 10);
    return [tf.softmax(scaled), tf.logSoftmax(scaled), tf.grad((z) => tf.softmax(z))(scaled, dy!)];
  });
  native.forEach((values, i) => expect(difference(values, cpu[i]!)).toBeLessThan(5e-6));
});

it("NaN, infinities and masks give what they give on cpu", async () => {
  const rows = [
    [1, NaN, 2],
    [0, -Infinity, 0],
    [Infinity, 0, 1],
    [-Infinity, -Infinity, -Infinity],
    [3e38, -3e38, 0],
    [1e-40, 0, -1e-40],
  ].flat();
  const inputs = { x: { shape: [6, 3], values: Float32Array.from(rows) } };
  const { native, cpu } = await onBothBackends(inputs, ({ x }) => [tf.softmax(x!), tf.logSoftmax(x!)]);
  native.forEach((values, i) => expect(difference(values, cpu[i]!)).toBeLessThan(1e-6));
  await tf.setBackend("native");
  // The kernel, which tf.logSoftmax does not use.
  const x = tf.tensor2d(rows, [6, 3]);
  const kernel = tf.engine().runKernel("LogSoftmax", { logits: x }, { axis: 1 }) as tf.Tensor;
  expect(difference({ shape: [6, 3], values: kernel.dataSync<"float32">() }, cpu[1]!)).toBeLessThan(1e-6);
});

it("empty tensors are taken", async () => {
  const { native, cpu } = await onBothBackends({}, () => [tf.softmax(tf.zeros([0, 3])), tf.grad((z) => tf.softmax(z))(tf.zeros([0, 3]))]);
  native.forEach((values, i) => expect(difference(values, cpu[i]!)).toBe(0));
});

it("results do not depend on the number of rows beside them", async () => {
  await tf.setBackend("native");
  const x = random([64, 1000], 5);
  const whole = await tf.softmax(tf.tensor(x.values, [64, 1000])).data();
  const last = await tf.softmax(tf.tensor(x.values.slice(63_000), [1, 1000])).data();
  expect(whole.slice(63_000)).toEqual(last);
});

it("a second derivative through the gradient is an error, not a part of it", async () => {
  await tf.setBackend("native");
  const gradient = tf.grad((z) => tf.softmax(z).square().sum());
  expect(() => tf.grad((z) => gradient(z).add(z.square()).sum())(tf.tensor1d([0.1, 0.5, -1]))).toThrow("gradient function not found");
});

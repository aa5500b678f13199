import "@snapfit/native";
import { adam, adamW, rmsProp, sgd, sumsOfSquares, type Optimizer } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";

const sizes = [1, 3, 17, 1000, 70_001];

function noise(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233) * 0.5);
}

/** Values of the parameters after `steps` steps. The other side takes the composite path: it hides the arrays. */
async function train(backendName: string, make: () => Optimizer, steps: number): Promise<Float32Array[]> {
  await tf.setBackend(backendName);
  const backend = tf.backend() as { hostValues?: unknown };
  if (backendName === "cpu") backend.hostValues = () => undefined;
  const optimizer = make();
  const parameters = new Map(sizes.map((size, i) => [`p${i}`, tf.variable(tf.tensor1d(noise(size, i + 1)), true)]));
  for (let step = 0; step < steps; step++) {
    const gradients = new Map(sizes.map((size, i) => [`p${i}`, tf.tensor1d(noise(size, 100 + 10 * step + i))]));
    optimizer.apply(gradients, parameters, 1 - step / 100);
    for (const gradient of gradients.values()) gradient.dispose();
  }
  const values = await Promise.all([...parameters.values()].map(async (variable) => Float32Array.from(await variable.data())));
  for (const variable of parameters.values()) variable.dispose();
  optimizer.dispose();
  delete backend.hostValues;
  return values;
}

describe("an optimizer's step on the native engine", () => {
  it.each<[string, () => Optimizer]>([
    ["adam", () => adam({ learningRate: 0.01 })],
    ["adam with weight decay", () => adam({ learningRate: 0.01, weightDecay: 0.1 })],
    ["adamW", () => adamW({ learningRate: 0.01, weightDecay: 0.05 })],
    ["sgd", () => sgd({ learningRate: 0.01 })],
    ["sgd with momentum", () => sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 1e-3 })],
    ["sgd with Nesterov's momentum", () => sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true })],
    ["rmsProp", () => rmsProp({ learningRate: 0.01, weightDecay: 1e-3 })],
    ["rmsProp with momentum", () => rmsProp({ learningRate: 0.01, momentum: 0.9 })],
  ])("%s gives the bits of the composite path", async (_, make) => {
    const ours = await train("native", make, 20);
    const composite = await train("cpu", make, 20);
    for (const [i, values] of ours.entries()) expect(values, `size ${sizes[i]}`).toEqual(composite[i]);
  });

  it("writes only to the variable's own memory", async () => {
    await tf.setBackend("native");
    const first = tf.variable(tf.tensor1d([1, 2, 3]));
    const second = tf.variable(tf.zeros([3]));
    second.assign(first as tf.Tensor);
    const clone = first.clone();
    const gradient = tf.ones([3]);
    const optimizer = sgd({ learningRate: 1 });
    optimizer.apply(new Map([["first", gradient]]), new Map([["first", first]]), 1);
    expect([...(await first.data())]).toEqual([0, 1, 2]);
    expect([...(await second.data())]).toEqual([1, 2, 3]);
    expect([...(await clone.data())]).toEqual([1, 2, 3]);
  });

  it("sums squares in float64, whatever the number of threads", async () => {
    await tf.setBackend("native");
    const values = noise(200_003, 5);
    const exact = values.reduce((sum, value) => sum + value * value, 0);
    const sums = sumsOfSquares([tf.tensor1d(values), tf.tensor1d([3e38, 3e38]), tf.tensor1d([1, NaN]), tf.tensor1d([Infinity])])!;
    expect(Math.abs(sums[0]! / exact - 1)).toBeLessThan(1e-12);
    expect(sums[1]! / 1.8e77).toBeCloseTo(1, 5);
    expect([sums[2], sums[3]]).toEqual([NaN, Infinity]);
  });
});

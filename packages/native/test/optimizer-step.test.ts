import { setThreads } from "@snapfit/native";
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamW,
  lamb,
  lion,
  lookahead,
  nadam,
  radam,
  rmsProp,
  sgd,
  sumsOfSquares,
  type Optimizer,
} from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";

const shapes = [[], [3], [0, 2], [1000], [40_001], [17, 1], [70, 301], [2, 3, 5], [1, 20_000], [3000, 2]];
const sizes = shapes.map((shape) => tf.util.sizeFromShape(shape));

function noise(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233) * 0.5);
}

/** Values of the parameters after `steps` steps. The other side takes the composite path: it hides the arrays. */
async function train(
  backendName: string,
  make: () => Optimizer,
  steps: number,
  momentumAt?: (step: number) => number,
): Promise<Float32Array[]> {
  await tf.setBackend(backendName);
  const backend = tf.backend() as { hostValues?: unknown };
  if (backendName === "cpu") backend.hostValues = () => undefined;
  const optimizer = make();
  const parameters = new Map(sizes.map((size, i) => [`p${i}`, tf.variable(tf.tensor(noise(size, i + 1), shapes[i]), true)]));
  for (let step = 0; step < steps; step++) {
    const gradients = new Map(sizes.map((size, i) => [`p${i}`, tf.tensor(noise(size, 100 + 10 * step + i), shapes[i])]));
    optimizer.apply(gradients, parameters, 1 - step / 100, momentumAt?.(step));
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
    ["sgd with dampening, maximizing", () => sgd({ learningRate: 0.01, momentum: 0.9, dampening: 0.3, weightDecay: 0.1, maximize: true })],
    ["adam with amsgrad", () => adam({ learningRate: 0.01, beta2: 0.9, weightDecay: 0.1, amsgrad: true })],
    ["adamax", () => adamax({ learningRate: 0.01, weightDecay: 0.1 })],
    ["nadam", () => nadam({ learningRate: 0.01, weightDecay: 0.1 })],
    ["nadam with decoupled weight decay", () => nadam({ learningRate: 0.01, weightDecay: 0.1, decoupledWeightDecay: true })],
    ["radam", () => radam({ learningRate: 0.01, beta2: 0.95 })],
    ["adagrad", () => adagrad({ learningRate: 0.01, weightDecay: 0.1, initialSum: 0.1 })],
    ["adadelta", () => adadelta({ weightDecay: 0.1 })],
    ["lion", () => lion({ learningRate: 0.01, weightDecay: 0.1 })],
    ["lookahead", () => lookahead(adamW({ learningRate: 0.01 }), { everySteps: 3 })],
    ["rmsProp", () => rmsProp({ learningRate: 0.01, weightDecay: 1e-3 })],
    ["rmsProp with momentum", () => rmsProp({ learningRate: 0.01, momentum: 0.9 })],
  ])("%s gives the bits of the composite path", async (_, make) => {
    const ours = await train("native", make, 8);
    const composite = await train("cpu", make, 8);
    for (const [i, values] of ours.entries()) expect(values, `shape [${shapes[i]}]`).toEqual(composite[i]);
  });

  it.each<[string, () => Optimizer]>([
    ["adamW", () => adamW({ learningRate: 0.01 })],
    ["nadam", () => nadam({ learningRate: 0.01 })],
  ])("%s gives the bits of the composite path where a schedule drives beta1", async (_, make) => {
    const momentumAt = (step: number): number => 0.95 - step / 50;
    const ours = await train("native", make, 8, momentumAt);
    const composite = await train("cpu", make, 8, momentumAt);
    for (const [i, values] of ours.entries()) expect(values, `shape [${shapes[i]}]`).toEqual(composite[i]);
  });

  // Their sums over a parameter are in float64 here, in float32 there.
  it.each<[string, () => Optimizer]>([
    ["lamb", () => lamb({ learningRate: 0.01, weightDecay: 0.1 })],
    ["lamb without weight decay", () => lamb({ learningRate: 0.01, weightDecay: 0 })],
    ["adafactor", () => adafactor({ learningRate: 0.05, weightDecay: 0.1 })],
    ["adafactor, maximizing", () => adafactor({ learningRate: 0.05, epsilon: 1e-2, maximize: true })],
  ])("%s gives the composite path's numbers to 1e-6, and the same bits with any number of threads", async (_, make) => {
    setThreads(1);
    const alone = await train("native", make, 8);
    setThreads(3);
    const ours = await train("native", make, 8);
    const composite = await train("cpu", make, 8);
    for (const [i, values] of ours.entries()) {
      expect(values, `shape [${shapes[i]}]`).toEqual(alone[i]);
      const worst = values.reduce((largest, value, k) => Math.max(largest, Math.abs(value - composite[i]![k]!)), 0);
      expect(worst, `shape [${shapes[i]}]`).toBeLessThan(1e-6);
    }
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

import { profileKernels } from "@snapfit/native";
import { applyFixes } from "@snapfit/tfjs-fixes";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { randomValues, type Values } from "./on-both-backends.js";

const training = { training: true };

/** What a layer gives in training and inference, its gradients and its weights afterwards. */
async function trace(backend: string, make: () => tf.layers.Layer, shape: readonly number[], steps = 3): Promise<Values[]> {
  await tf.setBackend(backend);
  const layer = make();
  layer.build([null, ...shape.slice(1)]);
  layer.setWeights(
    layer.getWeights().map(({ shape: each }, i) =>
      tf.tensor(
        randomValues(each, i + 1).map((value) => value + 1.5),
        each,
      ),
    ),
  );
  const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const results: tf.Tensor[] = [];
  for (let step = 0; step < steps; step++) {
    const x = tf.tensor(
      randomValues(shape, 20 + step).map((value) => 2 * value + 3),
      [...shape],
    );
    const readOut = tf.tensor(randomValues(shape, 40 + step), [...shape]);
    results.push(...tf.grads((input) => tf.mul(layer.apply(input!, training) as tf.Tensor, readOut))([x, ...weights]));
    results.push(layer.apply(x) as tf.Tensor, layer.apply(x, training) as tf.Tensor);
  }
  results.push(...layer.getWeights());
  return Promise.all(results.map(async (tensor) => ({ shape: tensor.shape, values: (await tensor.data()) as Float32Array })));
}

/** The largest difference, relative to the largest value or 1: some of these gradients are zero but for rounding. */
function difference(actual: Values, expected: Values): number {
  expect(actual.shape).toEqual(expected.shape);
  const scale = expected.values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return actual.values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.values[i]!) / scale), 0);
}

/** The largest difference of anything that training shows on native and on cpu. */
async function differenceFromCpu(make: () => tf.layers.Layer, shape: readonly number[]): Promise<number> {
  const [ours, cpus] = [await trace("native", make, shape), await trace("cpu", make, shape)];
  expect(ours.length).toBe(cpus.length);
  return Math.max(...ours.map((values, i) => difference(values, cpus[i]!)));
}

// The module of the engine is loaded before the fixes are applied here; in the other file of this test it is the other way round.
applyFixes("native");
applyFixes("cpu");

describe("BatchNormalization trains as on cpu", () => {
  it.each([
    [4, 3],
    [2, 3, 5],
    [2, 3, 3, 20],
    [7, 1],
    [2, 9, 9, 33],
    [1, 4, 4, 8],
    [4, 3],
  ])("in [%s, %s, ...]", async (...shape) => {
    expect(await differenceFromCpu(() => tf.layers.batchNormalization({ momentum: 0.9 }), shape)).toBeLessThan(3e-6);
  });

  it.each([
    [true, false],
    [false, true],
    [false, false],
  ])("with scale %s and center %s", async (scale, center) => {
    expect(await differenceFromCpu(() => tf.layers.batchNormalization({ scale, center, epsilon: 0.01 }), [5, 4, 6])).toBeLessThan(3e-6);
  });

  it.each([1, 2, -1, 3])("along axis %s", async (axis) => {
    expect(await differenceFromCpu(() => tf.layers.batchNormalization({ axis }), [3, 4, 2, 5])).toBeLessThan(3e-6);
  });

  it("with moving averages of the same bits, given the same statistics", async () => {
    // Whole numbers with whole means: no rounding before the averages.
    const x = [1, 8, 3, 4, 5, 0, 7, 12];
    const averages: Float32Array[][] = [];
    for (const backend of ["native", "cpu"]) {
      await tf.setBackend(backend);
      const layer = tf.layers.batchNormalization({ momentum: 0.97 });
      for (let step = 1; step < 20; step++) layer.apply(tf.tensor2d(x, [4, 2]).mul(step), training);
      averages.push(
        await Promise.all(
          layer
            .getWeights()
            .slice(2)
            .map(async (weight) => (await weight.data()) as Float32Array),
        ),
      );
    }
    expect(averages[0]).toEqual(averages[1]);
  });

  it("where the mean is large beside the deviation", async () => {
    await tf.setBackend("native");
    const x = tf.tensor(
      randomValues([512, 6], 3).map((value) => 1000 + Math.fround(value)),
      [512, 6],
    );
    const y = tf.layers.batchNormalization({ epsilon: 1e-9 }).apply(x, training) as tf.Tensor;
    const { mean, variance } = tf.moments(y, 0);
    expect(Math.max(...(await tf.abs(mean).data()))).toBeLessThan(2e-4);
    expect(Math.max(...(await tf.abs(variance.sub(1)).data()))).toBeLessThan(1e-4);
  });
});

describe("LayerNormalization trains as on cpu", () => {
  it.each([
    [4, 3],
    [2, 3, 5],
    [2, 3, 3, 20],
    [7, 1],
    [2, 65, 33],
    [1, 4, 8],
    [4, 3],
  ])("in [%s, %s, ...]", async (...shape) => {
    expect(await differenceFromCpu(() => tf.layers.layerNormalization({}), shape)).toBeLessThan(1e-5);
  });

  it.each([{ axis: 1 }, { axis: [1, 2] }, { axis: -1 }, { epsilon: 0.1 }])("with %j", async (config) => {
    expect(await differenceFromCpu(() => tf.layers.layerNormalization(config), [3, 4, 5])).toBeLessThan(3e-6);
  });

  it("without scale or center, which TensorFlow.js cannot train, as with ones or zeros", async () => {
    await tf.setBackend("native");
    const x = tf.tensor(randomValues([3, 4, 5], 1), [3, 4, 5]);
    const readOut = tf.tensor(randomValues([3, 4, 5], 2), [3, 4, 5]);
    const gradient = async (config: object): Promise<Values> => {
      const layer = tf.layers.layerNormalization(config);
      const dx = tf.grad((z) => layer.apply(z) as tf.Tensor)(x, readOut);
      return { shape: dx.shape, values: (await dx.data()) as Float32Array };
    };
    const whole = await gradient({});
    for (const config of [{ scale: false }, { center: false }, { scale: false, center: false }]) {
      expect(difference(await gradient(config), whole)).toBe(0);
    }
  });
});

describe("the activations gelu and gelu_new", () => {
  it.each(["gelu", "gelu_new"])("%s is as on cpu", async (activation) => {
    expect(await differenceFromCpu(() => tf.layers.activation({ activation: activation as never }), [5, 33])).toBeLessThan(2e-6);
  });
});

it("norms, activations and softmax of layers run in fused kernels", async () => {
  await tf.setBackend("native");
  const layers = [
    tf.layers.dense({ units: 8, inputShape: [4], activation: "gelu" as never }),
    tf.layers.batchNormalization(),
    tf.layers.layerNormalization(),
    tf.layers.dense({ units: 3, activation: "softmax" }),
  ];
  const model = tf.sequential({ layers });
  const x = tf.ones([5, 4]);
  const uses = await profileKernels(() =>
    tf.tidy(() => void tf.variableGrads(() => (model.apply(x, training) as tf.Tensor).square().sum() as tf.Scalar)),
  );
  const native = new Set(uses.filter(({ isFallback }) => !isFallback).map(({ kernel }) => kernel));
  for (const name of ["Gelu", "FusedBatchNormTraining", "FusedLayerNorm", "Softmax"]) {
    expect(native).toContain(name);
    expect(native).toContain(`${name}Grad`);
  }
});

it("leaves no tensor behind", async () => {
  await tf.setBackend("native");
  const layers = [tf.layers.batchNormalization(), tf.layers.layerNormalization(), tf.layers.softmax()];
  const x = tf.ones([5, 4]);
  const run = (input: tf.Tensor): tf.Tensor => layers.reduce((tensor, layer) => layer.apply(tensor, training) as tf.Tensor, input);
  run(x).dispose();
  const before = tf.memory().numTensors;
  for (let step = 0; step < 5; step++) tf.dispose(tf.tidy(() => tf.grad(run)(x)));
  expect(tf.memory().numTensors).toBe(before);
});

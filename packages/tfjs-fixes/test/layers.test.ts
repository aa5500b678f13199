import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { applyFixes } from "../src/index.js";
import { gradientError, uniform } from "./finite-differences.js";

const training = { training: true };

describe("without fixes", () => {
  it("training throws in a dilated linear Conv2D layer and in a BatchNormalization without scale; along another axis it is wrong", async () => {
    await tf.setBackend("cpu");
    const conv = tf.layers.conv2d({ filters: 2, kernelSize: 3, dilationRate: 2, inputShape: [7, 7, 1] });
    conv.build([null, 7, 7, 1]);
    const weights = conv.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const norm = tf.layers.batchNormalization({ scale: false });
    expect(() => tf.variableGrads(() => tf.sum(conv.apply(uniform([1, 7, 7, 1], 1)) as tf.Tensor), weights)).toThrow(/[Dd]ilation/);
    expect(() => norm.apply(uniform([4, 3], 2), training)).toThrow();
    const { mean } = tf.moments(
      tf.layers.batchNormalization({ axis: 1 }).apply(uniform([3, 4, 5, 6], 5), training) as tf.Tensor,
      [0, 2, 3],
    );
    expect((await tf.max(tf.abs(mean)).data())[0]).toBeGreaterThan(0.01);
  });
});

describe.each(["cpu", "wasm"])("with fixes, on %s", (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    applyFixes(backend);
  });

  it.each([
    [true, false],
    [false, true],
    [false, false],
    [true, true],
  ])("BatchNormalization trains with scale %s and center %s, by its formula", async (scale, center) => {
    const layer = tf.layers.batchNormalization({ scale, center, epsilon: 1e-3, momentum: 0.9 });
    const x = tf.tensor2d([1, 10, 2, 20, 6, 60], [3, 2]);
    const y = Array.from(await (layer.apply(x, training) as tf.Tensor).data());
    const normalize = (column: number[]): number[] => {
      const mean = column.reduce((a, b) => a + b) / 3;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3;
      return column.map((value) => (value - mean) / Math.sqrt(variance + 1e-3));
    };
    const [first, second] = [normalize([1, 2, 6]), normalize([10, 20, 60])];
    const expected = first.flatMap((value, i) => [value, second[i]!]);
    y.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    // The moving mean starts at 0: 0.1 * mean.
    const moving = layer.weights.find((weight) => weight.name.includes("moving_mean"))!;
    const means = Array.from(await moving.read().data());
    [0.3, 3].forEach((mean, i) => expect(means[i]).toBeCloseTo(mean, 5));
    expect(layer.trainableWeights.length).toBe(Number(scale) + Number(center));
    const error = await gradientError((input) => layer.apply(input, training) as tf.Tensor, [uniform([5, 2], 3)], 0.003);
    expect(error).toBeLessThan(2e-3);
    // Inference uses the moving statistics and no scale.
    expect((layer.apply(x) as tf.Tensor).shape).toEqual([3, 2]);
  });

  it.each([1, 2, -1])("BatchNormalization along axis %s normalises each channel, and trains", async (axis) => {
    const layer = tf.layers.batchNormalization({ axis });
    const x = uniform([3, 4, 5, 6], 5);
    const y = layer.apply(x, training) as tf.Tensor;
    const { mean, variance } = tf.moments(
      y,
      [0, 1, 2, 3].filter((i) => i !== (axis + 4) % 4),
    );
    expect((await tf.max(tf.abs(mean)).data())[0]).toBeLessThan(1e-6);
    expect((await tf.max(tf.abs(tf.sub(variance, 1))).data())[0]).toBeLessThan(0.02);
    expect(await gradientError((input) => layer.apply(input, training) as tf.Tensor, [x], 0.003)).toBeLessThan(2e-3);
    // Inference: (x - mean) / sqrt(variance + epsilon) of the channel, by the layer's weights.
    const [, , means, variances] = await Promise.all(layer.getWeights().map((weight) => weight.data()));
    const [plain, inferred] = await Promise.all([x.data(), (layer.apply(x) as tf.Tensor).data()]);
    const stride = [120, 30, 6, 1][(axis + 4) % 4]!;
    inferred.forEach((value, i) => {
      const channel = Math.floor(i / stride) % x.shape.at(axis)!;
      expect(value).toBeCloseTo((plain[i]! - means![channel]!) / Math.sqrt(variances![channel]! + 1e-3), 4);
    });
  });

  it.each([
    ["linear", "channelsLast"],
    ["tanh", "channelsLast"],
    ["tanh", "channelsFirst"],
  ] as const)("a dilated Conv2D layer with %s trains, %s", async (activation, dataFormat) => {
    const layer = tf.layers.conv2d({
      filters: 2,
      kernelSize: 3,
      dilationRate: 2,
      activation,
      dataFormat,
      padding: "same",
      biasInitializer: "ones",
    });
    const shape = dataFormat === "channelsLast" ? [2, 7, 6, 3] : [2, 3, 7, 6];
    const x = uniform(shape, 4);
    const y = layer.apply(x) as tf.Tensor;
    expect(y.shape).toEqual(layer.computeOutputShape(shape));
    const image = (dataFormat === "channelsLast" ? x : tf.transpose(x, [0, 2, 3, 1])) as tf.Tensor4D;
    const plain = tf.add(tf.conv2d(image, layer.getWeights()[0] as tf.Tensor4D, 1, "same", "NHWC", 2), 1);
    const shaped = dataFormat === "channelsLast" ? plain : tf.transpose(plain, [0, 3, 1, 2]);
    const expected = activation === "tanh" ? tf.tanh(shaped) : shaped;
    expect((await tf.max(tf.abs(tf.sub(y, expected))).data())[0]).toBeLessThan(1e-6);
    expect(await gradientError((input) => layer.apply(input) as tf.Tensor, [x], 0.01)).toBeLessThan(2e-3);
    const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => tf.sum(layer.apply(x) as tf.Tensor), weights);
    expect(Object.keys(grads).length).toBe(2);
  });
});

import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import "@snapfit/native";
import { profileKernels } from "@snapfit/native";
import { wrongGradients } from "./gradients/check-gradient.js";
import { difference, onBothBackends, random } from "./on-both-backends.js";

type Activation = "linear" | "relu" | "elu" | "sigmoid" | "tanh";
const initial = {
  kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
  biasInitializer: tf.initializers.randomUniform({ seed: 2 }),
};
const makers: Record<string, { shape: number[]; make: (activation: Activation) => tf.layers.Layer }> = {
  conv2d: {
    shape: [3, 9, 8, 5],
    make: (activation) => tf.layers.conv2d({ filters: 70, kernelSize: [3, 2], strides: 2, padding: "same", activation, ...initial }),
  },
  "dilated conv2d": {
    shape: [2, 9, 8, 3],
    make: (activation) => tf.layers.conv2d({ filters: 4, kernelSize: 3, dilationRate: 2, activation, ...initial }),
  },
  conv1d: {
    shape: [3, 20, 5],
    make: (activation) => tf.layers.conv1d({ filters: 7, kernelSize: 3, strides: 2, activation, ...initial }),
  },
  depthwiseConv2d: {
    shape: [2, 7, 8, 10],
    make: (activation) =>
      tf.layers.depthwiseConv2d({
        kernelSize: 3,
        depthMultiplier: 2,
        activation,
        depthwiseInitializer: initial.kernelInitializer,
        ...initial,
      }),
  },
};

/** Output and gradients of the input, the filter and the bias. */
function step(layer: tf.layers.Layer, x: tf.Tensor): tf.Tensor[] {
  const y = layer.apply(x) as tf.Tensor;
  const input = tf.variable(x);
  const { grads } = tf.variableGrads(() =>
    tf.sum(tf.mul(layer.apply(input) as tf.Tensor, tf.cos(tf.reshape(tf.range(0, y.size), y.shape)))),
  );
  const named = layer.trainableWeights.map((weight) => grads[(weight as unknown as { val: tf.Variable }).val.name]!);
  return [y, grads[input.name]!, ...named];
}

describe("convolution layers in training", () => {
  // The cpu backend has no gradient of dilation.
  for (const [name, { shape, make }] of Object.entries(makers).filter(([layer]) => layer !== "dilated conv2d")) {
    it(`${name}: one fused kernel gives the cpu backend's results and gradients`, async () => {
      for (const activation of ["linear", "relu", "elu", "sigmoid", "tanh"] as const) {
        const pair = await onBothBackends({ x: random(shape, 3) }, (inputs) => step(make(activation), inputs["x"]!));
        expect(pair.native).toHaveLength(4);
        pair.native.forEach((values, i) => expect(difference(values, pair.cpu[i]!), `${activation} ${i}`).toBeLessThan(1e-5));
      }
    });
  }

  for (const [name, { shape, make }] of Object.entries(makers)) {
    it(`${name}: runs fused, also where the gradient is taken twice`, async () => {
      await tf.setBackend("native");
      const layer = make("tanh");
      const x = tf.tensor(random(shape, 4).values, shape);
      const uses = await profileKernels(() => tf.tidy(() => step(layer, x)));
      expect(uses.filter(({ kernel }) => /Conv/.test(kernel)).map(({ kernel }) => kernel)).toContain(
        name === "depthwiseConv2d" ? "FusedDepthwiseConv2D" : "FusedConv2D",
      );
      expect(uses.map(({ kernel }) => kernel)).toContain("FusedBiasGradient");
      const once = await wrongGradients({ inputs: [{ shape }], run: (input) => layer.apply(input) as tf.Tensor }, 5);
      expect(once).toEqual([]);
      // TensorFlow.js has no second gradient of the one, and no gradient of the other where it fuses by itself.
      if (name === "depthwiseConv2d" || name === "dilated conv2d") return;
      const twice = await wrongGradients(
        { inputs: [{ shape }], run: (input) => tf.grad((value: tf.Tensor) => tf.sum(tf.square(layer.apply(value) as tf.Tensor)))(input) },
        6,
      );
      expect(twice).toEqual([]);
    });
  }

  it("shows NaN in the input in the result of a fused relu, and in the gradient of the bias", async () => {
    await tf.setBackend("native");
    const layer = makers["conv2d"]!.make("relu");
    const { values } = random([1, 9, 8, 5], 7);
    values[100] = Number.NaN;
    const results = step(layer, tf.tensor(values, [1, 9, 8, 5]));
    for (const result of results) expect((await result.data()).some(Number.isNaN)).toBe(true);
  });
});

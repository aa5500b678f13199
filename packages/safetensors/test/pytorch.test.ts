import { readFileSync } from "node:fs";
import { hostTensor, type HostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import {
  batchNorm,
  conv,
  convTranspose,
  depthwiseConv,
  embedding,
  layerNorm,
  linear,
  lstm,
  parseSafetensors,
  pytorchMapping,
  toHostTensor,
  type PyTorchLayer,
  type SafetensorsTensor,
} from "../src/index.js";
import { errorOf } from "./error-of.js";

interface Case {
  readonly input: { shape: number[]; values: number[] };
  readonly output: { shape: number[]; values: number[] };
}

const { torch, cases } = JSON.parse(readFileSync(new URL("fixtures/pytorch.json", import.meta.url), "utf8")) as {
  torch: string;
  cases: Record<string, Case>;
};
const { tensors: stateDict } = parseSafetensors(readFileSync(new URL("fixtures/pytorch.safetensors", import.meta.url)));

/** Module of PyTorch, entry of the table, the layers that take the weights; `#` stands for the paths `a` and `b` in their order. */
const sides: Record<string, [module: string, layer: PyTorchLayer, ...layers: tf.layers.Layer[]]> = {
  linear: ["linear", linear("a"), tf.layers.dense({ units: 4 })],
  linearNoBias: ["linearNoBias", linear("a"), tf.layers.dense({ units: 2, useBias: false })],
  flattened: ["flattened.1", linear("b", { flattened: [2, 3, 4] }), tf.layers.flatten(), tf.layers.dense({ units: 5 })],
  conv1d: ["conv1d", conv("a"), tf.layers.conv1d({ filters: 3, kernelSize: 3 })],
  conv2d: ["conv2d", conv("a"), tf.layers.conv2d({ filters: 3, kernelSize: [3, 2] })],
  conv3d: ["conv3d", conv("a"), tf.layers.conv3d({ filters: 3, kernelSize: 2 })],
  depthwise: [
    "depthwise",
    depthwiseConv("a", { depthMultiplier: 2 }),
    tf.layers.depthwiseConv2d({ kernelSize: [3, 2], depthMultiplier: 2 }),
  ],
  convTranspose: ["convTranspose", convTranspose("a"), tf.layers.conv2dTranspose({ filters: 3, kernelSize: [3, 2], strides: 2 })],
  batchNorm: ["batchNorm", batchNorm("a"), tf.layers.batchNormalization({ epsilon: 1e-5 })],
  batchNormPlain: ["batchNormPlain", batchNorm("a"), tf.layers.batchNormalization({ epsilon: 1e-5, scale: false, center: false })],
  layerNorm: ["layerNorm", layerNorm("a"), tf.layers.layerNormalization({ epsilon: 1e-5 })],
  embedding: ["embedding", embedding("a"), tf.layers.embedding({ inputDim: 7, outputDim: 3 })],
  lstm: ["lstm.lstm", lstm("a"), lstmLayer(4)],
  lstmStack: [
    "lstmStack.lstm",
    lstm(["a", "b"], { bidirectional: true }),
    tf.layers.bidirectional({ layer: lstmLayer(4) as tf.RNN, mergeMode: "concat" }),
    tf.layers.bidirectional({ layer: lstmLayer(4) as tf.RNN, mergeMode: "concat" }),
  ],
  lstmNoBias: ["lstmNoBias.lstm", lstm("a"), lstmLayer(2, false)],
};

describe.each(Object.entries(sides))(`%s of PyTorch ${torch}`, (name, [module, layer, ...layers]) => {
  const ofModule = new Map([...stateDict].filter(([key]) => key.startsWith(`${module}.`)));
  const mapping = pytorchMapping({ [module]: layer });

  test("computes the same in TensorFlow.js", () => {
    const { input, output } = cases[name]!;
    const y = tf.tidy(() => {
      const x = tf.tensor(input.values, input.shape);
      const shape = input.shape.slice(1);
      const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: shape }), ...layers] });
      setWeights(layers, mapping.fromPyTorch(ofModule));
      return model.predict(x) as tf.Tensor;
    });
    expect(y.shape).toEqual(output.shape);
    const values = y.dataSync();
    expect(Math.max(...output.values.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThan(1e-6);
  });

  test("comes back with names, shapes and values", () => {
    const back = mapping.toPyTorch(mapping.fromPyTorch(ofModule));
    const expected = new Map([...ofModule].filter(([key]) => !key.endsWith("num_batches_tracked")));
    for (const [key, tensor] of ofModule)
      // The biases of an LSTM come back as their sum and zero.
      if (key.includes(".bias_ih")) {
        const [first, second] = [tensor, ofModule.get(key.replace("_ih", "_hh"))!].map((bias) => toHostTensor(bias).data);
        expected.set(key, floats(first!.map((value, i) => value + second![i]!) as Float32Array));
        expected.set(key.replace("_ih", "_hh"), floats(new Float32Array(first!.length)));
      }
    expect(back).toEqual(new Map([...expected].map(([key, tensor]) => [key, plain(tensor)])));
  });
});

test("half-precision checkpoints become float32 and can be written in half precision", () => {
  const mapping = pytorchMapping({ fc: linear("a") });
  const halves = { dtype: "BF16", shape: [1, 2], bytes: Uint8Array.of(0x80, 0x3f, 0x00, 0xc0) } as const;
  const weights = mapping.fromPyTorch(new Map([["fc.weight", halves]]));
  expect(weights).toEqual({ "a.kernel": hostTensor(Float32Array.of(1, -2), [2, 1]) });
  expect(mapping.toPyTorch(weights, { floats: "BF16" })).toEqual(new Map([["fc.weight", halves]]));
});

test("one error names all that does not fit", async () => {
  const mapping = pytorchMapping({ fc: linear("a"), conv: conv("b"), norm: batchNorm("c"), flat: linear("d", { flattened: [2, 2, 2] }) });
  const given = new Map([
    ["fc.weigth", floats(new Float32Array(1))],
    ["conv.weight", floats(new Float32Array(2))],
    ["norm.running_mean", floats(new Float32Array(2))],
    ["flat.weight", { ...floats(new Float32Array(6)), shape: [2, 3] }],
  ]);
  expect(await errorOf(() => mapping.fromPyTorch(given))).toMatchObject({
    code: "MAPPING_MISMATCH",
    message: expect.stringMatching(
      /missing: fc\.weight, norm\.running_var; unexpected: fc\.weigth; different: conv\.weight is \[2\], too few dimensions, "flat": Shape \[2, 2, 2, 2\]/,
    ),
  });
  expect(await errorOf(() => mapping.toPyTorch({ "a.kernel": hostTensor(new Float32Array(2), [2, 1]) }))).toMatchObject({
    message: expect.stringContaining("missing: b.kernel, c.moving_mean, c.moving_variance, d.kernel."),
  });
});

test("an LSTM with one bias of two, and two modules for one path, are refused", async () => {
  const half = new Map([...stateDict].filter(([key]) => key.startsWith("lstm.lstm.") && !key.includes("bias_hh")));
  expect(await errorOf(() => pytorchMapping({ "lstm.lstm": lstm("a") }).fromPyTorch(half))).toMatchObject({
    message: expect.stringContaining("missing: lstm.lstm.bias_hh_l0."),
  });
  const pair = new Map([
    ["x.weight", { ...floats(new Float32Array(1)), shape: [1, 1] }],
    ["y.weight", { ...floats(new Float32Array(1)), shape: [1, 1] }],
  ]);
  expect(await errorOf(() => pytorchMapping({ x: linear("a"), y: linear("a") }).fromPyTorch(pair))).toMatchObject({
    message: expect.stringContaining("a.kernel is made of two modules"),
  });
});

test("a module that is the model itself has the name ''", () => {
  const weights = pytorchMapping({ "": embedding("words") }).fromPyTorch(
    new Map([["weight", { ...floats(new Float32Array(6)), shape: [3, 2] }]]),
  );
  expect(weights["words.embeddings"]!.shape).toEqual([3, 2]);
});

function lstmLayer(units: number, useBias = true): tf.layers.Layer {
  return tf.layers.lstm({ units, useBias, recurrentActivation: "sigmoid", returnSequences: true, recurrentInitializer: "zeros" });
}

/** Sets weights by local name; two of one name are told apart by `_1`. */
function setWeights(layers: readonly tf.layers.Layer[], weights: Readonly<Record<string, HostTensor>>): void {
  let numSet = 0;
  for (const [index, layer] of layers.entries()) {
    const counts = new Map<string, number>();
    for (const weight of layer.weights) {
      const local = weight.originalName.split("/").at(-1)!;
      const count = counts.get(local) ?? 0;
      counts.set(local, count + 1);
      const { data, shape } = weights[`${"ab"[index]}.${local}${count === 0 ? "" : `_${count}`}`]!;
      weight.write(tf.tensor(data, [...shape]));
      numSet++;
    }
  }
  expect(numSet).toBe(Object.keys(weights).length);
}

function floats(values: Float32Array): SafetensorsTensor {
  return { dtype: "F32", shape: [values.length], bytes: new Uint8Array(values.buffer) };
}

function plain({ dtype, shape, bytes }: SafetensorsTensor): SafetensorsTensor {
  return { dtype, shape, bytes: Uint8Array.from(bytes) };
}

import { setPrecision } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { areSameBits, backend, cosine, halfOf, memoryOf, rounded } from "./bf16-chain.js";
import { randomNumbers, randomValues } from "./on-both-backends.js";

type Named = Record<string, tf.Tensor>;
type Precision = "f32" | "bf16";

const settings = { recurrentActivation: "sigmoid", activation: "tanh", goBackwards: false, returnSequences: true };
const tensor = (shape: readonly number[], seed: number, scale = 1): tf.Tensor =>
  tf.tensor(randomValues(shape, seed), [...shape]).mul(scale);
const kernel = (precision: Precision, name: string, inputs: Named, attrs: object = settings): tf.Tensor[] => {
  setPrecision(precision);
  const results = [tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)].flat() as tf.Tensor[];
  setPrecision("f32");
  return results;
};
const valuesOf = (tensors: readonly tf.Tensor[]): Float32Array[] => tensors.map((each) => each.dataSync<"float32">());
const areSame = (a: readonly tf.Tensor[], b: readonly tf.Tensor[]): boolean => areSameBits(valuesOf(a), valuesOf(b));
const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const distance = (a: Float32Array, b: Float32Array): number => largest(a.map((value, i) => value - b[i]!)) / largest(b);
const distanceOf = (a: tf.Tensor, b: tf.Tensor): number => distance(a.dataSync<"float32">(), b.dataSync<"float32">());

const [batch, features, units] = [5, 24, 40];
const kinds = [
  { kind: "LSTM", fused: "FusedLstm", width: 4 * units, states: ["hidden", "cell"], kept: ["gates", "cells", "previous"] },
  { kind: "GRU", fused: "FusedGru", width: 3 * units, states: ["hidden"], kept: ["gates", "reset", "previous"] },
] as const;
type Kind = (typeof kinds)[number];

function inputsOf({ width, states }: Kind, time: number): Named {
  return {
    x: tensor([batch, time, features], 1),
    kernel: tensor([features, width], 2, 0.3),
    recurrentKernel: tensor([units, width], 3, 0.3),
    bias: tensor([width], 4, 0.3),
    ...Object.fromEntries(states.map((name, i) => [name, tensor([batch, units], 5 + i)])),
  };
}

/** Results of the forward kernel by name. */
function forward(precision: Precision, { fused, states, kept }: Kind, inputs: Named): Named {
  const last = states.map((name) => (name === "hidden" ? "lastHidden" : "lastCell"));
  const results = kernel(precision, fused, inputs);
  return Object.fromEntries(["sequence", ...last, ...kept].map((name, i) => [name, results[i]!]));
}

/** [gradients of the gates, of the bias, of the states before] from gradients of the sequence and the last states. */
function backward(precision: Precision, type: Kind, inputs: Named, results: Named): tf.Tensor[] {
  const { gates, cells, previous } = results;
  const given: Named = { gates: gates!, recurrentKernel: inputs["recurrentKernel"]!, sequence: tensor(results["sequence"]!.shape, 20) };
  Object.assign(given, { lastHidden: tensor([batch, units], 21) }, type.kind === "LSTM" ? { cells, cell: inputs["cell"] } : { previous });
  return kernel(precision, `${type.fused}Grad`, given);
}

const rounding = ["x", "kernel", "recurrentKernel"] as const;
const mapped = (inputs: Named, map: (tensor: tf.Tensor) => tf.Tensor, names: readonly string[] = rounding): Named =>
  Object.fromEntries(Object.entries(inputs).map(([name, each]) => [name, names.includes(name) ? map(each) : each]));

/** Numbers of few digits, so that sums of products of them are the same in any order. */
const coarse = (given: tf.Tensor): tf.Tensor => tf.div(tf.round(tf.mul(given, 16)), 16);

beforeAll(async () => {
  await tf.setBackend("native");
});
afterEach(() => void setPrecision("f32"));

describe.each(kinds)("$kind in bf16", (type) => {
  it("uses of inputs and kernels what bfloat16 holds, and nothing else", () => {
    const inputs = inputsOf(type, 7);
    const given = forward("bf16", type, inputs);
    for (const map of [rounded, halfOf])
      expect(areSame(Object.values(forward("bf16", type, mapped(inputs, map))), Object.values(given))).toBe(true);
    const exact = forward("f32", type, inputs);
    expect(distanceOf(given["sequence"]!, exact["sequence"]!)).toBeGreaterThan(2 ** -12);
  });

  it("multiplies the rounded state: a step equals one in float32 on rounded factors", () => {
    const inputs = mapped(mapped(inputsOf(type, 1), coarse, ["x", "kernel", "bias"]), rounded, ["recurrentKernel"]);
    const actual = forward("bf16", type, inputs);
    const expected = forward("f32", type, mapped(inputs, rounded, ["hidden"]));
    const common = type.kind === "LSTM" ? 4 * units : 2 * units;
    const gates = ({ gates: all }: Named): tf.Tensor => tf.slice(all!, [0, 0, 0], [-1, -1, common]);
    expect(distanceOf(gates(actual), gates(expected))).toBeLessThan(1e-6);
    if (type.kind === "LSTM") return;
    // The candidate is made of the rounded product of the reset gate and the full state.
    const hidden = tf.mul(tf.slice(actual["gates"]!, [0, 0, units], [-1, -1, units]), tf.reshape(inputs["hidden"]!, [batch, 1, units]));
    expect(areSame([actual["reset"]!], [rounded(hidden)])).toBe(true);
    const last = (given: tf.Tensor): tf.Tensor => tf.slice(given, [0, 2 * units], [-1, units]);
    const rows = (given: tf.Tensor): tf.Tensor2D => tf.reshape(given, [batch, -1]);
    const ofInputs = tf.add(tf.matMul(rows(inputs["x"]!), inputs["kernel"]!), inputs["bias"]!);
    const candidate = tf.tanh(last(tf.add(ofInputs, tf.matMul(rows(actual["reset"]!), inputs["recurrentKernel"]!))));
    expect(distanceOf(last(rows(actual["gates"]!)), candidate)).toBeLessThan(1e-6);
  });

  it("keeps states and cells in float32 from step to step: steps one by one give the same bits as all in one call", () => {
    const time = 6;
    const inputs = mapped(inputsOf(type, time), coarse, ["x", "kernel", "bias"]);
    const whole = forward("bf16", type, inputs);
    let states: Named = inputs;
    const steps = Array.from({ length: time }, (_, t) => {
      const results = forward("bf16", type, { ...states, x: tf.slice(inputs["x"]!, [0, t, 0], [-1, 1, -1]) });
      states = { ...inputs, hidden: results["lastHidden"]!, ...(results["lastCell"] && { cell: results["lastCell"] }) };
      return results["sequence"]!;
    });
    expect(areSame([tf.concat(steps, 1)], [whole["sequence"]!])).toBe(true);
    expect(areSame([states["hidden"]!], [whole["lastHidden"]!])).toBe(true);
    expect(distanceOf(rounded(states["hidden"]!), states["hidden"]!)).toBeGreaterThan(2 ** -12);
  });

  it("multiplies rounded gradients of the gates, with the rounded kernel", () => {
    const inputs = mapped(inputsOf(type, 1), rounded, ["recurrentKernel"]);
    const results = forward("f32", type, inputs);
    const [exactGates] = backward("f32", type, inputs, results);
    const [gates, , hidden] = backward("bf16", type, inputs, results);
    const rows = (given: tf.Tensor): tf.Tensor2D => tf.reshape(given, [batch, -1]);
    expect(areSame([rounded(gates!)], [gates!])).toBe(true);
    if (type.kind === "LSTM") {
      expect(areSame([gates!], [rounded(exactGates!)])).toBe(true);
      const product = tf.matMul(rows(gates!), inputs["recurrentKernel"]!, false, true);
      expect(distanceOf(hidden!, product)).toBeLessThan(1e-6);
    }
    expect(distanceOf(gates!, exactGates!)).toBeLessThan(2 ** -7);
    // Within half a step of the rounded kernel.
    const nearby = mapped(inputs, (given) => tf.mul(given, 1 + 2 ** -10), ["recurrentKernel"]);
    expect(areSame(backward("bf16", type, nearby, results), backward("bf16", type, inputs, results))).toBe(true);
  });

  it("takes gradients of the weights from rounded factors, in float32", () => {
    const [inputs, gateGradients, candidateInputs] = [
      tensor([batch, 9, 30], 1),
      tensor([batch, 9, type.width], 2),
      tensor([batch, 9, 30], 3),
    ];
    const given = { inputs, gateGradients, ...(type.kind === "GRU" && { candidateInputs }) };
    const names = Object.keys(given);
    const [actual] = valuesOf(kernel("bf16", "RnnWeightGradient", given));
    const [onRounded] = valuesOf(kernel("f32", "RnnWeightGradient", mapped(given, rounded, names)));
    const [exact] = valuesOf(kernel("f32", "RnnWeightGradient", given));
    expect(distance(actual!, onRounded!)).toBeLessThan(1e-6);
    expect(distance(actual!, exact!)).toBeGreaterThan(2 ** -12);
    expect(areSameBits(valuesOf(kernel("bf16", "RnnWeightGradient", mapped(given, halfOf, names))), [actual!])).toBe(true);
  });

  it("reads what lies as bfloat16 where it lies", () => {
    const inputs = mapped(inputsOf(type, 3), halfOf);
    const { numWidened } = backend();
    forward("bf16", type, inputs);
    expect(backend().numWidened).toBe(numWidened);
    expect(rounding.map((name) => memoryOf(inputs[name]!).isBf16Only)).toEqual([true, true, true]);
  });
});

describe.each(["LSTM", "GRU"] as const)("a layer of %s in bf16", (kind) => {
  const layerOf = (layerUnits: number): tf.layers.Layer => {
    const options = { units: layerUnits, returnSequences: true, kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }) };
    const recurrentInitializer = tf.initializers.glorotUniform({ seed: 2 });
    return kind === "LSTM" ? tf.layers.lstm({ ...options, recurrentInitializer }) : tf.layers.gru({ ...options, recurrentInitializer });
  };

  /** Output and gradients of the input and of the weights. */
  function results(precision: Precision, shape: number[], layerUnits: number): Float32Array[] {
    setPrecision(precision);
    return tf.tidy(() => {
      const layer = layerOf(layerUnits);
      const x = tensor(shape, 1);
      layer.build(shape);
      const readOut = tensor([...shape.slice(0, 2), layerUnits], 2);
      const loss = (input: tf.Tensor): tf.Scalar => tf.sum(tf.mul(layer.call(input, {}) as tf.Tensor, readOut));
      const { grads } = tf.variableGrads(() => loss(x));
      return valuesOf([layer.call(x, {}) as tf.Tensor, tf.grad(loss)(x), ...Object.values(grads)]);
    });
  }

  it.each([
    { shape: [3, 5, 7], layerUnits: 9 },
    { shape: [32, 20, 64], layerUnits: 96 },
    { shape: [4, 12, 300], layerUnits: 130 },
  ])("stays close to float32 and gives the same bits again: $shape, $layerUnits units", ({ shape, layerUnits }) => {
    const [exact, inBf16] = [results("f32", shape, layerUnits), results("bf16", shape, layerUnits)];
    expect(exact).toHaveLength(5);
    exact.forEach((values, i) => {
      expect(distance(inBf16[i]!, values)).toBeGreaterThan(0);
      expect(distance(inBf16[i]!, values)).toBeLessThan(2 ** -6);
      expect(cosine(inBf16[i]!, values)).toBeGreaterThan(0.999);
    });
    expect(areSameBits(results("bf16", shape, layerUnits), inBf16)).toBe(true);
  });

  it("trains along the loss curve of float32", () => {
    const [numSteps, size, time] = [60, 32, 12];
    /** Which half of a noisy sequence is the brighter one? */
    const batchOf = (seed: number): { x: tf.Tensor3D; labels: tf.Tensor2D } => {
      const next = randomNumbers(seed);
      const isLate = Array.from({ length: size }, () => next() > 0);
      const values = Float32Array.from({ length: size * time * 4 }, (_, i) => {
        const [row, step] = [Math.floor(i / (time * 4)), Math.floor(i / 4) % time];
        return next() + (step >= time / 2 === isLate[row] ? 0.4 : 0);
      });
      return { x: tf.tensor3d(values, [size, time, 4]), labels: tf.oneHot(tf.tensor1d(isLate.map(Number), "int32"), 2) as tf.Tensor2D };
    };
    const lossCurve = (precision: Precision): number[] => {
      setPrecision(precision);
      const model = tf.sequential();
      model.add(tf.layers.inputLayer({ inputShape: [time, 4] }));
      model.add(layerOf(48));
      model.add(tf.layers.flatten());
      model.add(tf.layers.dense({ units: 2, kernelInitializer: tf.initializers.glorotUniform({ seed: 3 }) }));
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const optimizer = tf.train.momentum(0.02, 0.9);
      const lossOf = ({ x, labels }: ReturnType<typeof batchOf>): tf.Scalar =>
        tf.losses.softmaxCrossEntropy(labels, model.apply(x, { training: true }) as tf.Tensor);
      const losses = Array.from({ length: numSteps }, (_, step) =>
        tf.tidy(() => optimizer.minimize(() => lossOf(batchOf(100 + step)), true, variables)!.dataSync()[0]!),
      );
      model.dispose();
      optimizer.dispose();
      return losses;
    };
    const [exact, inBf16] = [lossCurve("f32"), lossCurve("bf16")];
    expect(exact.at(-1)).toBeLessThan(exact[0]! / 2);
    const apart = exact.map((loss, step) => Math.abs(inBf16[step]! - loss) / exact[0]!);
    expect(Math.max(...apart)).toBeGreaterThan(0);
    expect(Math.max(...apart)).toBeLessThan(0.03);
  });
});

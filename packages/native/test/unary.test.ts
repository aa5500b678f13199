import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { profileKernels } from "@snapfit/native";
import { onBothBackends, randomNumbers, type Values } from "./on-both-backends.js";

const limits = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 6, 6.5, 1e-45, -1e-45, 1e-40, -1e-40, 3e38, -3e38, 88.7, -87.5, -100, -104, 1e-8];
const special = [...limits, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Numbers of all magnitudes, most of them ordinary, and the special ones in front. */
function numbers(length: number, seed: number, [least, most]: readonly [number, number]): Values {
  const next = randomNumbers(seed);
  const values = Float32Array.from({ length }, (_, i) => {
    if (i < special.length && least < -1) return special[i]!;
    const ordinary = least + ((next() + 1) / 2) * (most - least);
    return i % 3 === 0 ? ordinary * 2 ** Math.round(next() * 20) : ordinary;
  });
  return { shape: [length], values };
}

/** Steps between neighbouring float32 numbers from one to the other; infinite where one alone is NaN. */
function unitsApart(actual: number, expected: number): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  const unit = 2 ** Math.max(Math.floor(Math.log2(Math.abs(expected))) - 23, -149);
  const distance = Math.abs(actual - expected) / unit;
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}

type Unary = (x: tf.Tensor) => tf.Tensor;

/** Each with the number of units in the last place that it may be off. */
const functions: Readonly<Record<string, readonly [Unary, number]>> = {
  Abs: [tf.abs, 0],
  Ceil: [tf.ceil, 0],
  ClipByValue: [(x) => tf.clipByValue(x, -0.5, 2), 0],
  Exp: [tf.exp, 2],
  Expm1: [tf.expm1, 2],
  Floor: [tf.floor, 0],
  LeakyRelu: [(x) => tf.leakyRelu(x, 0.25), 0],
  Log: [tf.log, 2],
  Log1p: [tf.log1p, 2],
  Neg: [tf.neg, 0],
  Reciprocal: [tf.reciprocal, 0],
  Relu: [tf.relu, 0],
  Relu6: [tf.relu6, 0],
  Round: [tf.round, 0],
  Rsqrt: [tf.rsqrt, 2],
  Sigmoid: [tf.sigmoid, 3],
  Sign: [tf.sign, 0],
  Sqrt: [tf.sqrt, 0],
  Square: [tf.square, 0],
  Step: [(x) => tf.step(x, 0.25), 0],
  Tanh: [tf.tanh, 2],
  Sin: [tf.sin, 1],
  Cos: [tf.cos, 1],
  Tan: [tf.tan, 2],
  Asin: [tf.asin, 2],
  Acos: [tf.acos, 2],
  Atan: [tf.atan, 2],
  Sinh: [tf.sinh, 3],
  Cosh: [tf.cosh, 3],
  Asinh: [tf.asinh, 3],
  Acosh: [tf.acosh, 3],
  Atanh: [tf.atanh, 3],
  IsNan: [tf.isNaN, 0],
  IsInf: [tf.isInf, 0],
  IsFinite: [tf.isFinite, 0],
};

/** Functions with their formulas in double. */
const exact: Readonly<Record<string, readonly [Unary, (x: number) => number]>> = {
  Elu: [tf.elu, (x) => (x >= 0 ? x : Math.expm1(x))],
  Selu: [tf.selu, (x) => 1.0507009873554805 * (x >= 0 ? x : 1.6732632423543772 * Math.expm1(x))],
  Softplus: [tf.softplus, (x) => (Number.isNaN(x) ? x : Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))))],
  Erf: [tf.erf, erfOf],
};

describe("functions of each element", () => {
  it.each(Object.keys(functions))("%s is as on cpu, to the last places, at every length and for every kind of number", async (name) => {
    const [run, units] = functions[name]!;
    for (const length of [1037, 1, 0, 17, 100_003, 5]) {
      const x = numbers(length, length + 1, [-4, 4]);
      const { native, cpu } = await onBothBackends({ x }, (inputs) => run(inputs["x"]!));
      expect(native[0]!.shape).toEqual(cpu[0]!.shape);
      const wrong = cpu[0]!.values.findIndex((expected, i) => unitsApart(native[0]!.values[i]!, expected) > units);
      const sentence = `${name}(${x.values[wrong]}) = ${native[0]!.values[wrong]}, not ${cpu[0]!.values[wrong]}`;
      expect(wrong, sentence).toBe(-1);
    }
  });

  it.each(Object.keys(functions))("%s runs in the addon", async (name) => {
    await tf.setBackend("native");
    const x = tf.tensor([0.5, 0.25]);
    const uses = await profileKernels(() => functions[name]![0](x).dataSync());
    expect(uses.filter(({ isFallback }) => isFallback)).toEqual([]);
    expect(uses.map(({ kernel }) => kernel)).toContain(name);
  });

  it.each(Object.keys(exact))("gives %s to the last places, where cpu's kernel has fewer", async (name) => {
    await tf.setBackend("native");
    const [run, formula] = exact[name]!;
    const { values } = numbers(30_011, 7, [-4, 4]);
    const results = await run(tf.tensor(values)).data();
    const wrong = values.findIndex((x, i) => unitsApart(results[i]!, formula(x)) > 3);
    expect(wrong, `${name}(${values[wrong]}) = ${results[wrong]}, not ${formula(values[wrong]!)}`).toBe(-1);
  });

  it("keeps the sign of zero", async () => {
    await tf.setBackend("native");
    for (const run of [tf.tanh, tf.erf, tf.expm1, tf.log1p, tf.sqrt, tf.elu, tf.ceil, tf.floor, tf.round]) {
      expect([...(await run(tf.tensor([-0, 0])).data())].map((value) => Object.is(value, -0))).toEqual([true, false]);
    }
  });

  it("hands other dtypes to cpu's kernels, and negates bool", async () => {
    const inputs = { x: { shape: [4], values: new Float32Array([0, 1, -3, 4]) } };
    for (const run of [
      (x: tf.Tensor) => tf.abs(tf.cast(x, "int32")),
      (x: tf.Tensor) => tf.relu(tf.cast(x, "int32")),
      (x: tf.Tensor) => tf.clipByValue(tf.cast(x, "int32"), -1, 2),
      (x: tf.Tensor) => tf.logicalNot(tf.cast(x, "bool")),
    ]) {
      const { native, cpu } = await onBothBackends(inputs, ({ x }) => run(x!));
      expect(native).toEqual(cpu);
    }
  });
});

/** The error function in double: its series, or its continued fraction for large |x|. */
function erfOf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 60; n++) sum += (term *= (-x * x) / n) / (2 * n + 1);
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = a;
  for (let n = 80; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction));
}

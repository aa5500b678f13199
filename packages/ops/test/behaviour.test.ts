import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { gelu, layerNorm, linear, softmaxCrossEntropy } from "../src/index.js";
import { hasNative, here } from "./engines.js";
import { difference } from "./difference.js";

const indices = (...labels: number[]): tf.Tensor1D => tf.tensor1d(labels, "int32");

describe.each(here("cpu", "wasm", "native"))("on %s", (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  it("softmaxCrossEntropy is right where exp would overflow or vanish", async () => {
    const logits = tf.tensor2d([
      [1000, 0],
      [1000, 0],
      [-1000, -1000],
      [30_000, 29_999],
    ]);
    expect(await difference(softmaxCrossEntropy(logits, indices(0, 1, 0, 1)), [0, 1000, Math.LN2, 1.3132617])).toBeLessThan(1e-6);
    const gradient = tf.grad((z) => softmaxCrossEntropy(z, indices(0, 1, 0, 1)))(logits);
    const tail = 1 / (1 + Math.exp(-1));
    expect(await difference(gradient, [0, 0, 1, -1, -0.5, 0.5, tail, -tail])).toBeLessThan(1e-6);
  });

  it("softmaxCrossEntropy takes a class out that is masked with -Infinity", async () => {
    const logits = tf.tensor2d([[0, -Infinity, 0]]);
    const { value, grad } = tf.valueAndGrad((z) => softmaxCrossEntropy(z, indices(2)).sum())(logits);
    expect((await value.data())[0]).toBeCloseTo(Math.LN2, 6);
    expect([...(await grad.data())]).toEqual([0.5, 0, -0.5]);
  });

  it("rows to ignore have loss and gradient 0, whatever is in them", async () => {
    const logits = tf.tensor2d([
      [0, 0],
      [NaN, 3],
      [1, 0],
    ]);
    const run = (z: tf.Tensor): tf.Tensor => softmaxCrossEntropy(z, indices(0, -1, -1), { ignoreIndex: -1, labelSmoothing: 0.5 });
    expect(await difference(run(logits), [Math.LN2, 0, 0])).toBeLessThan(1e-6);
    expect([...(await tf.grad(run)(logits).data())].slice(2)).toEqual([0, 0, 0, 0]);
  });

  it("NaN and infinity come out where they belong", async () => {
    const x = tf.tensor2d([
      [NaN, 1, 2],
      [1, 2, 3],
    ]);
    const y = await layerNorm(x, tf.ones([3]), tf.zeros([3])).data();
    expect([...y].map(Number.isNaN)).toEqual([true, true, true, false, false, false]);
    for (const approximate of ["tanh", false] as const) {
      const values = [...(await gelu(tf.tensor1d([NaN, Infinity, 0]), { approximate }).data())];
      expect(values).toEqual([NaN, Infinity, 0]);
    }
    expect((await softmaxCrossEntropy(x, indices(1, 2)).data())[0]).toBeNaN();
  });

  it("values of other dtypes are converted", async () => {
    const x = tf.tensor2d([[1, 2, 3]], undefined, "int32");
    expect(await difference(layerNorm(x, tf.ones([3]), tf.zeros([3])), [-1.2247, 0, 1.2247])).toBeLessThan(1e-4);
    expect(await difference(linear(x, tf.ones([3, 2], "int32"), tf.tensor1d([0, 1], "int32")), [6, 7])).toBeLessThan(1e-6);
    expect(await difference(gelu(x), [0.8413447, 1.9544997, 2.9959502])).toBeLessThan(1e-6);
    expect(await difference(softmaxCrossEntropy(x, tf.tensor1d([2])), [0.4076059])).toBeLessThan(1e-6);
  });

  it("empty tensors give empty tensors", () => {
    expect(layerNorm(tf.zeros([0, 3]), tf.ones([3]), tf.zeros([3])).shape).toEqual([0, 3]);
    expect(linear(tf.zeros([0, 3]), tf.zeros([3, 4]), tf.zeros([4])).shape).toEqual([0, 4]);
    expect(gelu(tf.zeros([2, 0])).shape).toEqual([2, 0]);
    expect(softmaxCrossEntropy(tf.zeros([0, 3]), tf.zeros([0], "int32")).shape).toEqual([0]);
  });

  it("linear takes one sample as well, and keeps NaN", async () => {
    const [kernel, bias] = [tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor1d([10, 20])];
    const y = linear(tf.tensor1d([1, -1]), kernel, bias);
    expect(y.shape).toEqual([2]);
    expect([...(await y.data())]).toEqual([8, 18]);
    expect([...(await linear(tf.tensor2d([[NaN, 1]]), kernel, bias, { activation: "sigmoid" }).data())]).toEqual([NaN, NaN]);
  });

  it("leaves no tensor behind", () => {
    const [x, row, square, labels] = [tf.ones([4, 3]), tf.ones([3]), tf.ones([3, 3]), indices(0, 1, 2, 0)];
    const before = tf.memory().numTensors;
    tf.dispose([layerNorm(x, row, row), gelu(x), softmaxCrossEntropy(x, labels, { labelSmoothing: 0.1, ignoreIndex: 1 })]);
    const ofLinear = tf.grads((a, b, c) => linear(a!, b!, c!, { activation: "relu" }));
    tf.dispose([linear(x, square, row), ...ofLinear([x, square, row])]);
    const all = tf.grads((a, b, c) => layerNorm(gelu(a!), b!, c!).add(tf.expandDims(softmaxCrossEntropy(a!, labels), 1)));
    tf.dispose(all([x, row, row]));
    expect(tf.memory().numTensors).toBe(before);
  });
});

it.each(["cpu", "wasm"])("on %s a label that is no class has an infinite loss", async (backend) => {
  await tf.setBackend(backend);
  expect([...(await softmaxCrossEntropy(tf.zeros([3, 2]), indices(0, 2, -1)).data())].slice(1)).toEqual([Infinity, Infinity]);
});

it.skipIf(!hasNative)("on native a label that is no class is an error that names it", async () => {
  await tf.setBackend("native");
  const error = expect.objectContaining({
    code: "LABEL_RANGE",
    message: expect.stringContaining("the label 2 in row 1. Labels are from 0 to 1") as string,
  }) as Error;
  expect(() => softmaxCrossEntropy(tf.zeros([3, 2]), indices(0, 2, -1))).toThrow(error);
  expect(() => softmaxCrossEntropy(tf.zeros([2, 2]), indices(0, -1), { ignoreIndex: -2 })).toThrow("or -2, which is ignored");
});

it.each(here("cpu", "native"))("on %s second derivatives of linear are right", async (backend) => {
  await tf.setBackend(backend);
  const [x, kernel, bias] = [tf.tensor2d([[0.2, 0.5]]), tf.tensor2d([0.3, -0.7, 1.1, 0.4], [2, 2]), tf.tensor1d([0.1, -0.3])];
  const gradient = tf.grad((z) => linear(z.square(), kernel, bias, { activation: "relu" }));
  // Of the two results, k_0j x_0^2 + k_1j x_1^2 + b_j, the first alone is above zero: the gradient is 2 k_i0 x_i.
  expect(await difference(gradient(x), [0.12, 1.1])).toBeLessThan(1e-6);
  expect(await difference(tf.grad((z) => gradient(z))(x), [0.6, 2.2])).toBeLessThan(1e-6);
});

it("by plain operations second derivatives are right", async () => {
  await tf.setBackend("cpu");
  const x = tf.tensor2d([[0.2, 0.5, -0.4]]);
  const [row, labels] = [tf.tensor1d([0.3, -0.7, 1.1]), indices(1)];
  for (const run of [
    (z: tf.Tensor) => layerNorm(z, row, row),
    (z: tf.Tensor) => gelu(z),
    (z: tf.Tensor) => gelu(z, { approximate: "tanh" }),
    (z: tf.Tensor) => softmaxCrossEntropy(z, labels, { labelSmoothing: 0.1 }).expandDims(-1),
  ]) {
    const gradient = tf.grad((z) => run(z).mul(row).sum());
    const second = await tf
      .grad((z) => gradient(z).mul(row).sum())(x)
      .data();
    const along = (k: number, step: number): tf.Tensor => gradient(x.add(tf.tensor1d([0, 1, 2].map((i) => (i === k ? step : 0)))));
    for (const k of [0, 1, 2]) {
      const [plus, minus] = [await along(k, 0.01).mul(row).sum().data(), await along(k, -0.01).mul(row).sum().data()];
      expect(second[k]).toBeCloseTo((plus[0]! - minus[0]!) / 0.02, 2);
    }
  }
});

it.skipIf(!hasNative)("fused, second derivatives are an error", async () => {
  await tf.setBackend("native");
  const [x, row, labels] = [tf.tensor2d([[0.2, 0.5, -0.4]]), tf.tensor1d([0.3, -0.7, 1.1]), indices(1)];
  const runs = [(z: tf.Tensor) => layerNorm(z, row, row), (z: tf.Tensor) => gelu(z), (z: tf.Tensor) => softmaxCrossEntropy(z, labels)];
  for (const run of runs) {
    const gradient = tf.grad((z) => run(z).sum());
    // x itself reaches the second derivative by another way, so that a missing part would go unnoticed.
    expect(() => tf.grad((z) => gradient(z).add(z.square()).sum())(x)).toThrow("gradient function not found");
  }
});

describe("errors", () => {
  it("name shapes that do not fit", () => {
    const error = (...parts: string[]): Error =>
      expect.objectContaining({ code: "SHAPE_MISMATCH", message: expect.stringMatching(parts.join(".*")) as string }) as Error;
    expect(() => layerNorm(tf.zeros([2, 3]), tf.ones([2]), tf.zeros([3]))).toThrow(error("x \\[2, 3\\]", "gamma \\[2\\]"));
    expect(() => layerNorm(tf.zeros([2, 3]), tf.ones([3]), tf.zeros([1, 3]))).toThrow(error("beta \\[1, 3\\]"));
    expect(() => linear(tf.zeros([2, 3]), tf.zeros([2, 3]))).toThrow(error("x \\[2, 3\\]", "kernel \\[2, 3\\]", "no bias"));
    expect(() => linear(tf.zeros([2, 3]), tf.zeros([3, 4]), tf.zeros([3]))).toThrow(error("bias \\[3\\]"));
    expect(() => linear(tf.scalar(1), tf.zeros([1, 1]))).toThrow(error("x \\[\\]"));
    expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([3]))).toThrow(error("logits \\[2, 3\\]", "labels \\[3\\]"));
    expect(() => softmaxCrossEntropy(tf.scalar(1), tf.scalar(1))).toThrow(error("logits \\[\\]"));
  });

  it("name options that cannot be", () => {
    const error = (message: string): unknown => expect.objectContaining({ code: "OPTION_INVALID", message });
    expect(() => linear(tf.zeros([1, 1]), tf.zeros([1, 1]), undefined, { activation: "gelu" as "relu" })).toThrow(
      error('linear() got activation: "gelu". It takes "relu", "elu" or "sigmoid".'),
    );
    expect(() => gelu(tf.scalar(1), { approximate: "erf" as "tanh" })).toThrow(
      error('gelu() got approximate: "erf". It takes "tanh" or false.'),
    );
    expect(() => softmaxCrossEntropy(tf.zeros([1, 2]), indices(0), { labelSmoothing: 1.1 })).toThrow(
      error("softmaxCrossEntropy() got labelSmoothing: 1.1. It takes a number from 0 to 1."),
    );
    expect(() => softmaxCrossEntropy(tf.zeros([1, 2]), indices(0), { labelSmoothing: NaN })).toThrow(
      error("softmaxCrossEntropy() got labelSmoothing: NaN. It takes a number from 0 to 1."),
    );
    expect(() => softmaxCrossEntropy(tf.zeros([1, 2]), indices(0), { ignoreIndex: 0.5 })).toThrow(
      error("softmaxCrossEntropy() got ignoreIndex: 0.5. It takes a whole number."),
    );
  });
});

import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";
import { softmaxCrossEntropy } from "../src/index.js";

/** In float64, by definition: the mean of -log(exp(z_label) / sum exp(z)). */
function byDefinition(logits: readonly (readonly number[])[], labels: readonly number[]): { loss: number; gradient: number[][] } {
  const probabilities = logits.map((row) => {
    const exps = row.map((z) => Math.exp(z));
    const sum = exps.reduce((a, b) => a + b);
    return exps.map((e) => e / sum);
  });
  const loss = labels.reduce((sum, label, i) => sum - Math.log(probabilities[i]![label]!), 0) / labels.length;
  return { loss, gradient: probabilities.map((row, i) => row.map((p, j) => (p - (j === labels[i] ? 1 : 0)) / labels.length)) };
}

const indices = (...labels: number[]): tf.Tensor1D => tf.tensor1d(labels, "int32");

describe.each(["cpu", "wasm"])("softmaxCrossEntropy on %s", (backend) => {
  const use = async (): Promise<void> => void (await tf.setBackend(backend));

  it("equals the definition, and so does its gradient", async () => {
    await use();
    const logits = [
      [1, -2, 0.5],
      [0, 0, 0],
      [3, 1, -1],
      [-0.3, 0.2, 4],
    ];
    const labels = [2, 0, 0, 1];
    const { loss, gradient } = byDefinition(logits, labels);
    const { value, grad } = tf.valueAndGrad((z) => softmaxCrossEntropy(z, indices(...labels)).mul(3))(tf.tensor2d(logits));
    expect((await value.data())[0]! / 3).toBeCloseTo(loss, 6);
    const flat = [...(await grad.data())];
    gradient.flat().forEach((expected, i) => expect(flat[i]! / 3).toBeCloseTo(expected, 6));
  });

  it("is right where exp would overflow or vanish", async () => {
    await use();
    const value = async (z: number[], label: number): Promise<number> =>
      (await softmaxCrossEntropy(tf.tensor2d([z]), indices(label)).data())[0]!;
    expect(await value([1000, 0], 0)).toBe(0);
    expect(await value([1000, 0], 1)).toBe(1000);
    expect(await value([-1000, -1000], 0)).toBeCloseTo(Math.LN2, 6);
    const gradient = tf.grad((z) => softmaxCrossEntropy(z, indices(1)))(tf.tensor2d([[1000, 0]]));
    expect([...(await gradient.data())]).toEqual([1, -1]);
  });

  it("takes a class out that is masked with -Infinity", async () => {
    await use();
    const logits = tf.tensor2d([[0, -Infinity, 0]]);
    const { value, grad } = tf.valueAndGrad((z) => softmaxCrossEntropy(z, indices(2)))(logits);
    expect((await value.data())[0]).toBeCloseTo(Math.LN2, 6);
    expect([...(await grad.data())]).toEqual([0.5, 0, -0.5]);
  });

  it("is infinite for a label that is no class, so that it cannot pass unnoticed", async () => {
    await use();
    expect((await softmaxCrossEntropy(tf.zeros([2, 3]), indices(0, 3)).data())[0]).toBe(Infinity);
    expect((await softmaxCrossEntropy(tf.zeros([1, 3]), indices(-1)).data())[0]).toBe(Infinity);
  });
});

it("names shapes that do not fit", () => {
  expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([2, 3]))).toThrow("logits [2, 3] and labels [2, 3]");
  expect(() => softmaxCrossEntropy(tf.zeros([3]), indices(1))).toThrow(expect.objectContaining({ code: "LOGITS_SHAPE" }));
  expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), indices(1))).toThrow("labels [1]");
});

import { readFileSync } from "node:fs";
import { nativeStatus } from "@snapfit/native";
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

interface Case {
  readonly kind: string;
  readonly shape: [number, number];
  readonly logits: number[];
  readonly labels: number[];
  readonly loss: number;
  readonly dLogits: number[];
}
const { cases } = JSON.parse(readFileSync(new URL("fixtures/cross-entropy.json", import.meta.url), "utf8")) as { cases: Case[] };
const backends = ["cpu", "wasm", ...(nativeStatus().isAvailable ? ["native"] : [])];

describe.each(backends)("softmaxCrossEntropy on %s", (backend) => {
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

  it.each(cases)("equals PyTorch, and so does its gradient: $kind $shape", async ({ shape, logits, labels, loss, dLogits }) => {
    await use();
    const label = labels.length === shape[0] ? indices(...labels) : tf.tensor2d(labels, shape);
    const { value, grad } = tf.valueAndGrad((z) => softmaxCrossEntropy(z, label))(tf.tensor2d(logits, shape));
    expect(Math.abs((await value.data())[0]! - loss) / Math.max(1, loss)).toBeLessThan(1e-6);
    const flat = await grad.data();
    dLogits.forEach((expected, i) => expect(Math.abs(flat[i]! - expected)).toBeLessThan(1e-6));
  });

  it("of one-hot probabilities is that of the class indices", async () => {
    await use();
    const logits = tf.tensor2d([
      [1, -2, 0.5],
      [3, 1, -1],
    ]);
    const gradientFor = async (labels: tf.Tensor): Promise<number[]> => [
      ...(await tf
        .grad((z) => softmaxCrossEntropy(z, labels))(logits)
        .data()),
    ];
    const expected = await gradientFor(indices(2, 0));
    (
      await gradientFor(
        tf.tensor2d(
          [
            [0, 0, 1],
            [1, 0, 0],
          ],
          [2, 3],
          "int32",
        ),
      )
    ).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  });

  it("of probabilities has the right second derivative", async () => {
    await use();
    const first = tf.grad((z) => softmaxCrossEntropy(z, tf.tensor2d([[0.25, 0.75]])));
    // d/dz0 of softmax(z)0 - softmax(z)1 at z = 0: 2 x 1/4
    const second = tf.grad((z) =>
      first(z)
        .mul(tf.tensor2d([[1, -1]]))
        .sum(),
    )(tf.zeros([1, 2]));
    const values = await second.data();
    [0.5, -0.5].forEach((expected, i) => expect(values[i]).toBeCloseTo(expected, 6));
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
    const soft = tf.valueAndGrad((z) => softmaxCrossEntropy(z, tf.tensor2d([[0.25, 0, 0.75]])))(logits);
    expect((await soft.value.data())[0]).toBeCloseTo(Math.LN2, 6);
    expect([...(await soft.grad.data())]).toEqual([0.25, 0, -0.25]);
  });
});

it.each(["cpu", "wasm"])("on %s is infinite for a label that is no class, so that it cannot pass unnoticed", async (backend) => {
  await tf.setBackend(backend);
  expect((await softmaxCrossEntropy(tf.zeros([2, 3]), indices(0, 3)).data())[0]).toBe(Infinity);
  expect((await softmaxCrossEntropy(tf.zeros([1, 3]), indices(-1)).data())[0]).toBe(Infinity);
});

it("names shapes that do not fit", () => {
  expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow(
    "softmaxCrossEntropy got logits [2, 3] and labels [2, 4]. It takes logits [batch, classes] and labels [batch], or probabilities [batch, classes].",
  );
  expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([3, 3]))).toThrow("labels [3, 3]");
  expect(() => softmaxCrossEntropy(tf.zeros([3]), indices(1))).toThrow(expect.objectContaining({ code: "LOGITS_SHAPE" }));
  expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), indices(1))).toThrow("labels [1]");
});

import { profileKernels, setPrecision } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { backend, cosine, memoryOf } from "./bf16-chain.js";
import { randomNumbers, randomValues } from "./on-both-backends.js";

beforeAll(async () => {
  await tf.setBackend("native");
});
afterEach(() => void setPrecision("f32"));

const side = 12;

/** A convolution with bias and ReLU, a residual block with batch normalisation, both pools, a dense layer. */
function residualModel({ hasMaxPool = true, activation = "relu" as "relu" | "elu" } = {}): tf.LayersModel {
  let seed = 1;
  const initializer = (): ReturnType<typeof tf.initializers.glorotUniform> => tf.initializers.glorotUniform({ seed: seed++ });
  const conv = (x: tf.SymbolicTensor, filters: number, settings: object): tf.SymbolicTensor =>
    tf.layers
      .conv2d({ filters, kernelSize: 3, padding: "same", kernelInitializer: initializer(), ...settings })
      .apply(x) as tf.SymbolicTensor;
  const input = tf.input({ shape: [side, side, 3] });
  const stem = conv(input, 16, { activation });
  const inner = tf.layers
    .activation({ activation })
    .apply(tf.layers.batchNormalization().apply(conv(stem, 16, { useBias: false }))) as tf.SymbolicTensor;
  const outer = tf.layers.batchNormalization().apply(conv(inner, 16, { useBias: false })) as tf.SymbolicTensor;
  const sum = tf.layers.activation({ activation }).apply(tf.layers.add().apply([outer, stem]) as tf.SymbolicTensor);
  const pool = { poolSize: 2 } as const;
  const pooled = (hasMaxPool ? tf.layers.maxPooling2d(pool) : tf.layers.averagePooling2d(pool)).apply(sum) as tf.SymbolicTensor;
  const averaged = tf.layers.averagePooling2d({ poolSize: 2 }).apply(pooled) as tf.SymbolicTensor;
  const means = tf.layers.globalAveragePooling2d({}).apply(averaged);
  const logits = tf.layers.dense({ units: 4, kernelInitializer: initializer() }).apply(means) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: logits });
}

/** Images of four kinds, told apart by where they are bright, under noise. */
function batchOf(seed: number, size: number): { x: tf.Tensor4D; labels: tf.Tensor2D } {
  const next = randomNumbers(seed);
  const kinds = Int32Array.from({ length: size }, () => Math.floor((next() + 1) * 2));
  const values = randomValues([size, side, side, 3], seed + 1);
  for (let i = 0; i < values.length; i++) {
    const [image, row, column] = [Math.floor(i / (side * side * 3)), Math.floor(i / (side * 3)) % side, Math.floor(i / 3) % side];
    const corner = (row < side / 2 ? 0 : 2) + (column < side / 2 ? 0 : 1);
    if (corner === kinds[image]) values[i]! += 0.35;
  }
  return { x: tf.tensor4d(values, [size, side, side, 3]), labels: tf.oneHot(tf.tensor1d(kinds, "int32"), 4) as tf.Tensor2D };
}

function lossOf(model: tf.LayersModel, { x, labels }: ReturnType<typeof batchOf>): tf.Scalar {
  return tf.losses.softmaxCrossEntropy(labels, model.apply(x, { training: true }) as tf.Tensor);
}

const variables = (model: tf.LayersModel): tf.Variable[] => model.trainableWeights.map((weight) => weight.read() as tf.Variable);

function gradientsIn(precision: "f32" | "bf16", activation: "relu" | "elu"): Float32Array[] {
  setPrecision(precision);
  return tf.tidy(() => {
    // A maximum that rounding moves to another place takes its gradient along.
    const model = residualModel({ hasMaxPool: false, activation });
    const batch = batchOf(7, 32);
    const { grads } = tf.variableGrads(() => lossOf(model, batch), variables(model));
    return variables(model).map(({ name }) => grads[name]!.dataSync<"float32">());
  });
}

/** Losses of one hundred steps of plain descent. */
function lossCurve(precision: "f32" | "bf16"): number[] {
  setPrecision(precision);
  const model = residualModel();
  const optimizer = tf.train.momentum(0.05, 0.9);
  const losses = Array.from({ length: 100 }, (_, step) =>
    tf.tidy(() => optimizer.minimize(() => lossOf(model, batchOf(100 + 2 * step, 16)), true, variables(model))!.dataSync()[0]!),
  );
  model.dispose();
  optimizer.dispose();
  return losses;
}

describe("training in bfloat16", () => {
  it("keeps what lies between the layers in half the memory, from the convolution to the pools", () => {
    setPrecision("bf16");
    tf.tidy(() => {
      const filter = tf.tensor(randomValues([3, 3, 8, 24], 1), [3, 3, 8, 24]) as tf.Tensor4D;
      const row = (seed: number): tf.Tensor1D => tf.tensor1d(randomValues([24], seed));
      const links: Record<string, (x: tf.Tensor4D) => tf.Tensor> = {
        convolution: (x) => tf.conv2d(x, filter, 1, "same"),
        bias: (x) => tf.add(x, row(2)),
        relu: (x) => tf.relu(x),
        "batch norm": (x) => tf.batchNorm(x, row(3), tf.abs(row(4)), row(5), row(6)),
        pool: (x) => tf.maxPool(x, 2, 2, "valid"),
        "average pool": (x) => tf.avgPool(x, 3, 1, "same"),
        "residual sum": (x) => tf.add(x, tf.relu(x)),
        reshape: (x) => tf.reshape(x, [-1, 24]),
        clone: (x) => tf.clone(x),
      };
      const { numWidened } = backend();
      let x: tf.Tensor = tf.tensor(randomValues([4, 16, 16, 8], 7), [4, 16, 16, 8]);
      const floating: string[] = [];
      for (const [name, link] of Object.entries(links)) {
        x = link(x as tf.Tensor4D);
        if (!memoryOf(x).isBf16Only) floating.push(name);
      }
      expect(floating).toEqual([]);
      expect(backend().numWidened).toBe(numWidened);
    });
  });

  it("needs no float32 copy in a step of a residual network", async () => {
    setPrecision("bf16");
    const uses = await profileKernels(() =>
      tf.tidy(() => {
        const model = residualModel();
        const batch = batchOf(7, 64);
        tf.variableGrads(() => lossOf(model, batch), variables(model));
      }),
    );
    expect(uses.filter(({ numWidened }) => numWidened > 0)).toEqual([]);
    expect(uses.filter(({ kernel }) => kernel === "FusedBatchNormTrainingGrad")).toHaveLength(1);
  });

  // Rounding carries some sums over the kink of ReLU at 0, where the gradient is all or nothing.
  it.each([
    { activation: "elu", least: 0.999 },
    { activation: "relu", least: 0.99 },
  ] as const)("gives gradients close to those of float32 behind $activation", ({ activation, least }) => {
    const exact = gradientsIn("f32", activation);
    const rounded = gradientsIn("bf16", activation);
    const cosines = exact.map((gradient, i) => cosine(gradient, rounded[i]!));
    expect(cosines).toHaveLength(10);
    for (const each of cosines) expect(each).toBeGreaterThan(least);
  });

  it("follows the loss curve of float32 over one hundred steps", () => {
    const exact = lossCurve("f32");
    const rounded = lossCurve("bf16");
    expect(exact[0]).toBeGreaterThan(1);
    expect(exact.at(-1)).toBeLessThan(exact[0]! / 3);
    // As parts of the first loss: single batches apart by at most 10 %, ten together by at most 3 %.
    const apart = exact.map((loss, step) => (rounded[step]! - loss) / exact[0]!);
    expect(Math.max(...apart.map(Math.abs))).toBeGreaterThan(0);
    expect(Math.max(...apart.map(Math.abs))).toBeLessThan(0.1);
    for (let first = 0; first < 100; first += 10) {
      const mean = apart.slice(first, first + 10).reduce((sum, each) => sum + each, 0) / 10;
      expect(Math.abs(mean)).toBeLessThan(0.03);
    }
  });

  it("takes at most 0.6 of the memory of float32 for a step", () => {
    const mostBytes = (precision: "f32" | "bf16"): number => {
      setPrecision(precision);
      tf.tidy(() => {
        const model = residualModel();
        const batch = batchOf(7, 384);
        tf.variableGrads(() => lossOf(model, batch), variables(model));
        model.dispose();
      });
      return backend().memory().mostBytesInPool;
    };
    // The figure only grows: the smaller one first.
    const rounded = mostBytes("bf16");
    const exact = mostBytes("f32");
    expect(exact).toBeGreaterThan(50e6);
    expect(rounded / exact).toBeLessThan(0.6);
  });
});

import { setThreads } from "@snapfit/native";
import { applyFixes } from "@snapfit/tfjs-fixes";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { wrongGradients, type GradientCase } from "./gradients/check-gradient.js";
import { randomValues } from "./on-both-backends.js";

const training = { training: true };
const batchShapes = [
  [6, 3],
  [40, 33],
  [3, 2, 5],
  [2, 3, 4, 20],
  [7, 1],
  [6, 3],
];
const rowShapes = [
  [2, 5],
  [40, 33],
  [2, 3, 17],
  [3, 1, 4, 6],
  [2, 5],
];

/** A function of x, gamma and beta by a layer whose weights they are. */
function byLayer(make: () => tf.layers.Layer, shape: number[]): GradientCase {
  const columns = [shape.at(-1)!];
  const layer = make();
  layer.build([null, ...shape.slice(1)]);
  return {
    inputs: [{ shape }, { shape: columns, range: [0.5, 1.5] }, { shape: columns }],
    run: (x, gamma, beta) =>
      tf.tidy(() => Object.assign(layer, { gamma: { read: () => gamma }, beta: { read: () => beta } }).apply(x!, training) as tf.Tensor),
  };
}

beforeAll(async () => {
  await tf.setBackend("native");
  applyFixes("native");
});

describe("gradients equal finite differences:", () => {
  it.each([
    ["BatchNormalization", batchShapes.map((shape) => byLayer(() => tf.layers.batchNormalization({ epsilon: 0.05 }), shape))],
    ["LayerNormalization", rowShapes.map((shape) => byLayer(() => tf.layers.layerNormalization({ epsilon: 0.05 }), shape))],
    [
      "batch normalisation by given statistics",
      batchShapes.map((shape): GradientCase => {
        const columns = { shape: [shape.at(-1)!] };
        return {
          inputs: [{ shape }, columns, { ...columns, range: [0.5, 2] }, columns, columns],
          run: (x, mean, variance, beta, gamma) =>
            tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor1D, variance as tf.Tensor1D, beta as tf.Tensor1D, gamma as tf.Tensor1D),
        };
      }),
    ],
  ] as const)("%s", async (_, cases) => {
    const problems: string[] = [];
    for (const [i, one] of cases.entries()) problems.push(...(await wrongGradients(one, i + 1)));
    expect(problems).toEqual([]);
  });
});

it("one and two threads give the same bits", () => {
  const inputs = [[300, 257], [257], [257]].map((shape, i) => tf.tensor(randomValues(shape, i + 1), shape));
  const labels = tf.tensor1d(
    Int32Array.from({ length: 300 }, (_, i) => (i * 5) % 257),
    "int32",
  );
  const run = (name: string, others: object, attributes: object): ((...all: tf.Tensor[]) => tf.Tensor) => {
    return (x, gamma, beta) => {
      const results = tf.engine().runKernel(name, { x, gamma, beta, ...others } as never, attributes as never);
      return Array.isArray(results) ? results[0]! : results;
    };
  };
  const [zeros, ones] = [tf.zeros([257]), tf.ones([257])];
  const all = (): Float32Array[] =>
    [
      run("FusedLayerNorm", {}, { epsilon: 1e-5 }),
      run("FusedBatchNormTraining", { movingMean: zeros, movingVariance: ones }, { epsilon: 1e-3, momentum: 0.9 }),
      (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => tf.add(tf.add(tf.softmax(x), gamma), beta),
      (logits: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
        const [losses] = tf
          .engine()
          .runKernel("FusedSoftmaxCrossEntropy", { logits, labels } as never, { labelSmoothing: 0.1 }) as tf.Tensor[];
        return tf.add(tf.expandDims(losses!, 1), tf.add(gamma, beta));
      },
    ].flatMap((f) => {
      const { value, grads } = tf.valueAndGrads((x, gamma, beta) => f(x!, gamma!, beta!))(
        inputs,
        tf.tensor(randomValues([300, 257], 9), [300, 257]),
      );
      return [value, ...grads].map((tensor) => tensor.dataSync<"float32">());
    });
  setThreads(1);
  const single = all();
  setThreads(2);
  expect(all()).toEqual(single);
});

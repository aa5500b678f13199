import { RandomStream } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { gelu, layerNorm, linear, softmaxCrossEntropy } from "../src/index.js";
import { here } from "./engines.js";
import { difference } from "./difference.js";
import { crossEntropy64, differences, gelu64, layerNorm64, linear64, tanhGelu64, type Function64 } from "./float64.js";

// Shapes that grow and shrink, and the first again.
const shapes: readonly number[][] = [
  [2, 3],
  [7, 17],
  [1, 1],
  [3, 2, 5],
  [70, 4],
  [2, 3],
];

function normal(random: RandomStream, shape: readonly number[], scale = 1): number[] {
  return Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => Math.fround(scale * random.normal()));
}

/** The largest difference of the result from the definition in float64, and of the gradients from its finite differences. */
async function differenceFrom64(
  run: (...inputs: tf.Tensor[]) => tf.Tensor,
  definition: Function64,
  inputs: readonly { readonly values: number[]; readonly shape: number[] }[],
  random: RandomStream,
): Promise<number> {
  const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
  const arrays = inputs.map(({ values }) => values);
  const y = run(...tensors);
  let worst = await difference(y, definition(...arrays));
  const readOut = normal(random, y.shape);
  const gradients = tf.grads(run)(tensors, tf.tensor(readOut, y.shape));
  for (const [i, gradient] of gradients.entries()) {
    const expected = differences(definition, arrays, i, readOut);
    const scale = Math.max(1, ...expected.map(Math.abs));
    const relative = expected.map((value) => value / scale);
    worst = Math.max(worst, await difference(gradient.div(scale), relative));
  }
  return worst;
}

describe.each(here("cpu", "native"))("on %s, results equal the definition in float64 and gradients its finite differences:", (backend) => {
  const random = RandomStream.fromSeed(5);
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  it.each(shapes)("layerNorm of %j", async (...shape) => {
    const columns = [shape.at(-1)!];
    const inputs = [shape, columns, columns].map((each) => ({ shape: each, values: normal(random, each) }));
    expect(await differenceFrom64((x, gamma, beta) => layerNorm(x!, gamma!, beta!, 0.01), layerNorm64(0.01), inputs, random)).toBeLessThan(
      2e-6,
    );
  });

  it.each(shapes)("linear of %j", async (...shape) => {
    const [inputs, outputs] = [shape.at(-1)!, 1 + (shape[0]! % 9)];
    const operands = [shape, [inputs, outputs], [outputs]].map((each) => ({ shape: each, values: normal(random, each) }));
    for (const activation of [undefined, "relu", "elu", "sigmoid"] as const) {
      const options = activation === undefined ? {} : { activation };
      const run = (x?: tf.Tensor, kernel?: tf.Tensor, bias?: tf.Tensor): tf.Tensor => linear(x!, kernel!, bias, options);
      const definition = linear64(inputs, outputs, activation);
      expect(await differenceFrom64(run, definition, operands, random)).toBeLessThan(3e-6);
      expect(await differenceFrom64(run, definition, operands.slice(0, 2), random)).toBeLessThan(3e-6);
    }
  });

  it.each(shapes)("gelu of %j", async (...shape) => {
    const inputs = [{ shape, values: normal(random, shape) }];
    expect(await differenceFrom64((x) => gelu(x!), gelu64, inputs, random)).toBeLessThan(2e-6);
    expect(await differenceFrom64((x) => gelu(x!, { approximate: "tanh" }), tanhGelu64, inputs, random)).toBeLessThan(2e-6);
  });

  it.each(shapes)("softmaxCrossEntropy of %j", async (...shape) => {
    const numClasses = shape.at(-1)!;
    const labels = Array.from({ length: tf.util.sizeFromShape(shape) / numClasses }, (_, i) => (i * 7) % numClasses);
    const indices = tf.tensor(labels, shape.slice(0, -1), "int32");
    const inputs = [{ shape, values: normal(random, shape, 3) }];
    for (const labelSmoothing of [0, 0.3]) {
      const definition = crossEntropy64(labels, numClasses, labelSmoothing);
      expect(await differenceFrom64((z) => softmaxCrossEntropy(z!, indices, { labelSmoothing }), definition, inputs, random)).toBeLessThan(
        2e-6,
      );
    }
  });
});

import { hostTensor, type HostTensor } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { Trainer, type Gradients, type StepResult } from "../src/index.js";
import {
  maxDifference,
  maxDistance,
  quietly,
  Regression,
  rowsIn,
  smallModel,
  squaredError,
  type HostRows,
  type Rows,
} from "./support/regression.js";

/** Dropout in the model, of whole channels too, and by `this.dropout`. */
class WithDropout extends Regression {
  protected override trainingStep({ x, y }: Rows): StepResult {
    const predicted = this.dropout(this.forward(x), 0.3);
    return { loss: squaredError(predicted, y), twice: this.dropout(this.dropout(x, 0.5), 0.5).mean() };
  }
}

function modelWithDropout(): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 3 });
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: "hidden", units: 6, activation: "tanh", inputShape: [3], kernelInitializer }),
      tf.layers.dropout({ rate: 0.4, seed: 5 }),
      tf.layers.reshape({ targetShape: [2, 3] }),
      tf.layers.spatialDropout1d({ rate: 0.2 }),
      tf.layers.flatten(),
      tf.layers.dense({ name: "head", units: 2, kernelInitializer }),
    ],
  });
}

async function trained(Class: typeof WithDropout | typeof Regression, sizes: readonly number[], accumulate: number, epochs = 3) {
  await using trainer = new Class(
    quietly({
      model: Class === WithDropout ? modelWithDropout : smallModel,
      optimizer: sgd({ learningRate: 0.2, momentum: 0.9 }),
      accumulate,
    }),
  );
  await trainer.fit({ train: rowsIn(sizes), epochs });
  return { weights: await trainer.modelWeights(), history: trainer.history, progress: { ...trainer.progress } };
}

describe("small batches of a window equal one big batch", () => {
  test.each([[[4, 4, 4]], [[5, 3, 4]], [[1, 10, 1]]])("in weights and means, with dropout on: %j", async (sizes) => {
    const whole = await trained(WithDropout, [12], 1);
    const split = await trained(WithDropout, sizes, 3);
    expect(maxDifference(whole.weights, split.weights)).toBeLessThan(1e-6);
    for (const name of ["loss", "twice"])
      expect(maxDistance(whole.history.train[name]!, split.history.train[name]!), name).toBeLessThan(1e-6);
    expect(split.progress).toMatchObject({ step: 3, batch: 3, samples: 36 });
  });

  test("in gradients, which are those that TensorFlow.js computes for all rows at once", async () => {
    let seen: Record<string, Float32Array> = {};
    class Watched extends Regression {
      protected override clipGradients(gradients: Gradients): Gradients {
        seen = Object.fromEntries([...gradients].map(([path, gradient]) => [path, gradient.dataSync<"float32">().slice()]));
        return super.clipGradients(gradients);
      }
    }
    await using trainer = new Watched(quietly({ optimizer: sgd({ learningRate: 0 }), accumulate: 3 }));
    await trainer.fit({ train: rowsIn([2, 7, 3]), epochs: 1 });
    const model = smallModel();
    const [all] = rowsIn([12]) as [HostRows];
    const { grads } = tf.variableGrads(() =>
      squaredError(model.apply(tf.tensor(all.x.data, [12, 3])) as tf.Tensor, tf.tensor(all.y.data, [12, 2])),
    );
    const paths = ["hidden.kernel", "hidden.bias", "head.kernel", "head.bias"];
    expect(Object.keys(seen)).toEqual(paths);
    model.getWeights().forEach((weight, i) => {
      const expected = grads[(weight as tf.Variable).name] ?? grads[model.weights[i]!.name]!;
      expect(maxDistance(seen[paths[i]!]!, expected.dataSync())).toBeLessThan(1e-6);
    });
  });
});

test("the last window of an epoch may be shorter and still steps, on the mean of its own rows", async () => {
  const { weights, progress } = await trained(Regression, [4, 2, 3, 3, 5], 2, 2);
  const whole = await trained(Regression, [6, 6, 5], 1, 2);
  expect(progress).toMatchObject({ step: 6, batch: 5 });
  expect(maxDifference(weights, whole.weights)).toBeLessThan(1e-6);
});

test("without accumulation a step equals the formula w - rate * gradient", async () => {
  const model = tf.sequential({
    layers: [tf.layers.dense({ name: "head", units: 1, inputShape: [1], useBias: false, kernelInitializer: "ones" })],
  });
  await using trainer = new Regression(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
  await trainer.fit({ train: [{ x: hostTensor(Float32Array.of(1, 3), [2, 1]), y: hostTensor(Float32Array.of(0, 1), [2, 1]) }], epochs: 1 });
  // loss = ((w - 0)^2 + (3w - 1)^2) / 2, gradient = w + 3 (3w - 1) = 7 at w = 1
  expect((await trainer.modelWeights())["head.kernel"]!.data[0]).toBeCloseTo(1 - 0.1 * 7, 6);
  expect(trainer.history.train["loss"]![0]).toBeCloseTo(2.5, 6);
});

interface Tokens {
  x: tf.Tensor2D;
  y: tf.Tensor2D;
  mask: tf.Tensor1D;
}
interface HostTokens extends HostRows {
  mask: HostTensor<1>;
}

/** The loss is a mean over rows that are not padding. */
class TokenMean extends Trainer<Tokens> {
  protected override batchWeight(batch: unknown): number {
    return Array.from((batch as HostTokens).mask.data).reduce((sum, value) => sum + value, 0);
  }
  protected override trainingStep({ x, y, mask }: Tokens): StepResult {
    const byRow = this.forward(x).sub(y).square().mean(1);
    return { loss: byRow.mul(mask).sum().div(tf.maximum(mask.sum(), 1)) };
  }
}

function masked(sizes: readonly number[], mask: readonly number[]): HostTokens[] {
  let at = 0;
  return rowsIn(sizes).map((batch, i) => ({
    ...batch,
    mask: hostTensor(Float32Array.from(mask.slice(at, (at += sizes[i]!))), [sizes[i]!]),
  }));
}

describe("batchWeight", () => {
  const mask = [1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0];

  test("weights windows and epochs, so that batches of other numbers of tokens equal one big batch", async () => {
    const run = async (sizes: readonly number[], accumulate: number) => {
      await using trainer = new TokenMean(quietly({ optimizer: sgd({ learningRate: 0.3, momentum: 0.5 }), accumulate }));
      await trainer.fit({ train: masked(sizes, mask), epochs: 3 });
      return { weights: await trainer.modelWeights(), loss: trainer.history.train["loss"]!, samples: trainer.progress.samples };
    };
    const whole = await run([12], 1);
    const split = await run([3, 4, 5], 3);
    expect(maxDifference(whole.weights, split.weights)).toBeLessThan(1e-6);
    expect(maxDistance(whole.loss, split.loss)).toBeLessThan(1e-6);
    expect(split.samples).toBe(36); // padding rows are samples too
  });

  test("of a whole window may be 0: nothing is learned from it, and nothing is spoilt", async () => {
    await using trainer = new TokenMean(quietly({ optimizer: sgd({ learningRate: 0.3 }) }));
    const before = (await trainer.ready(), await trainer.modelWeights());
    await trainer.fit({ train: masked([4], [0, 0, 0, 0]), epochs: 1 });
    expect(maxDifference(before, await trainer.modelWeights())).toBe(0);
    expect(trainer.progress.step).toBe(1);
  });
});

describe("batchSize", () => {
  test("is the first dimension that all arrays share; arrays that disagree are an error that names the override", async () => {
    await using trainer = new Regression(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    const [{ x }, { y }] = [rowsIn([4])[0]!, rowsIn([3])[0]!];
    await expect(trainer.fit({ train: [{ x, y }], epochs: 1 })).rejects.toMatchObject({
      code: "BATCH_SIZE",
      message: expect.stringMatching(/4 and 3.*Override batchSize\(batch\)/),
    });
  });

  test("may be overridden, and then is what is counted", async () => {
    class Graphs extends Regression {
      protected override batchSize(): number {
        return 1;
      }
      protected override trainingStep({ x }: Rows): StepResult {
        return { loss: this.forward(x).square().mean() };
      }
    }
    await using trainer = new Graphs(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: [{ x: rowsIn([4])[0]!.x, y: rowsIn([3])[0]!.y }], epochs: 2 });
    expect(trainer.progress.samples).toBe(2);
  });
});

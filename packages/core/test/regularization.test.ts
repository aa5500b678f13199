import { hostTensor } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { maxDistance, plain, quietly, Regression, rows, type HostRows } from "./support/regression.js";

// The same steps by tf.LayersModel.fit, with plain SGD on both sides.

type Build = () => tf.LayersModel;
const kernel = (seed: number) => tf.initializers.glorotUniform({ seed });

const models: Record<string, Build> = {
  sequential: () =>
    tf.sequential({
      layers: [
        tf.layers.dense({
          name: "hidden",
          units: 5,
          activation: "tanh",
          inputShape: [3],
          kernelInitializer: kernel(1),
          kernelRegularizer: tf.regularizers.l2({ l2: 0.05 }),
          biasRegularizer: tf.regularizers.l1({ l1: 0.02 }),
        }),
        tf.layers.dense({
          name: "head",
          units: 2,
          kernelInitializer: kernel(2),
          kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.03 }),
        }),
      ],
    }),
  functional: () => {
    const input = tf.input({ shape: [3] });
    const shared = tf.layers.dense({
      name: "shared",
      units: 3,
      activation: "tanh",
      kernelInitializer: kernel(3),
      kernelRegularizer: tf.regularizers.l2({ l2: 0.05 }),
    });
    const output = tf.layers
      .dense({ name: "head", units: 2, kernelInitializer: kernel(4) })
      .apply(shared.apply(shared.apply(input))) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs: output });
  },
  "with batch norm": () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ name: "hidden", units: 4, inputShape: [3], kernelInitializer: kernel(5), useBias: false }),
        tf.layers.batchNormalization({ name: "norm", momentum: 0.8, gammaRegularizer: tf.regularizers.l2({ l2: 0.1 }) }),
        tf.layers.activation({ activation: "relu" }),
        tf.layers.dense({ name: "head", units: 2, kernelInitializer: kernel(6) }),
      ],
    }),
};

/** What `tf.LayersModel.fit` makes of the batches, one after the other, in epochs. */
async function fitByLayers(
  build: Build,
  batches: readonly HostRows[],
  epochs: number,
): Promise<{ weights: Record<string, number[]>; losses: number[] }> {
  const model = build();
  const optimizer = tf.train.sgd(0.1);
  model.compile({ optimizer, loss: "meanSquaredError" });
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0;
    for (const { x, y } of batches) {
      const loss = await model.trainOnBatch(tf.tensor(x.data, [...x.shape]), tf.tensor(y.data, [...y.shape]));
      sum += Number(loss);
    }
    losses.push(sum / batches.length);
  }
  const weights = Object.fromEntries(
    model.layers.flatMap((layer) =>
      layer.weights.map((weight) => [`${layer.name}.${weight.originalName.split("/").at(-1)}`, Array.from(weight.read().dataSync())]),
    ),
  );
  return { weights, losses };
}

describe("several steps equal those of tf.LayersModel.fit", () => {
  test.each(Object.keys(models))("of a model: %s", async (name) => {
    const build = models[name]!;
    const expected = await fitByLayers(build, rows(4), 3);
    await using trainer = new Regression(quietly({ model: build, optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(4), epochs: 3 });
    const weights = plain(await trainer.modelWeights());
    expect(Object.keys(weights).sort()).toEqual(Object.keys(expected.weights).sort());
    for (const [path, values] of Object.entries(expected.weights)) expect(maxDistance(weights[path]!, values), path).toBeLessThan(1e-5);
    const { loss, regularization } = trainer.history.train as Record<string, number[]>;
    // Keras' loss has the regularisation in it; ours stands apart.
    expect(
      maxDistance(
        loss!.map((value, i) => value + regularization![i]!),
        expected.losses,
      ),
    ).toBeLessThan(1e-5);
    expect(regularization!.every((value) => value > 0)).toBe(true);
  });

  test("a model without regularisers logs none", async () => {
    await using trainer = new Regression(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(2), epochs: 1 });
    expect(Object.keys(trainer.history.train)).toEqual(["loss"]);
  });

  test("regularisation counts once in a window, however many batches it has", async () => {
    const run = async (sizes: number, accumulate: number) => {
      await using trainer = new Regression(quietly({ model: models["sequential"]!, optimizer: sgd({ learningRate: 0.1 }), accumulate }));
      await trainer.fit({ train: rows(12 / sizes, sizes), epochs: 3 });
      return { weights: plain(await trainer.modelWeights()), regularization: trainer.history.train["regularization"]! };
    };
    const [whole, split] = [await run(12, 1), await run(4, 3)];
    for (const [path, values] of Object.entries(whole.weights)) expect(maxDistance(split.weights[path]!, values), path).toBeLessThan(1e-6);
    expect(maxDistance(whole.regularization, split.regularization)).toBeLessThan(1e-6);
  });
});

describe("constraints", () => {
  // tf.LayersModel.fit leaves weights as the optimizer puts them: it never applies its constraints after a step. Ours are held against the formula.
  const build = (): tf.LayersModel =>
    tf.sequential({
      layers: [
        tf.layers.dense({
          name: "head",
          units: 2,
          inputShape: [3],
          useBias: true,
          kernelInitializer: kernel(7),
          kernelConstraint: tf.constraints.maxNorm({ maxValue: 0.5, axis: 0 }),
          biasConstraint: tf.constraints.nonNeg(),
        }),
      ],
    });
  const target = {
    x: rows(1)[0]!.x,
    y: hostTensor(
      Float32Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? 4 : -4)),
      [4, 2],
    ),
  };

  test("are met after every step: each step is SGD, then the constraint", async () => {
    const seen: Record<string, number[]>[] = [];
    class Watched extends Regression {
      protected override async onOptimizerStep(): Promise<void> {
        seen.push(plain(await this.modelWeights()));
      }
    }
    await using trainer = new Watched(quietly({ model: build, optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.ready();
    let { kernel: w, bias: b } = { kernel: plain(await trainer.modelWeights())["head.kernel"]!, bias: [0, 0] };
    await trainer.fit({ train: [target], epochs: 3 });
    for (const step of seen) {
      // Gradient of the mean over 4 rows and 2 targets of (x w + b - y)^2.
      const gw = w.map(() => 0);
      const gb = b.map(() => 0);
      for (let row = 0; row < 4; row++) {
        for (let j = 0; j < 2; j++) {
          const error =
            [0, 1, 2].reduce((sum, i) => sum + target.x.data[3 * row + i]! * w[2 * i + j]!, b[j]!) - target.y.data[2 * row + j]!;
          gb[j]! += (2 * error) / 8;
          for (let i = 0; i < 3; i++) gw[2 * i + j]! += (2 * error * target.x.data[3 * row + i]!) / 8;
        }
      }
      w = w.map((value, i) => value - 0.1 * gw[i]!);
      b = b.map((value, j) => Math.max(0, value - 0.1 * gb[j]!));
      for (let j = 0; j < 2; j++) {
        const norm = Math.hypot(...[0, 1, 2].map((i) => w[2 * i + j]!));
        for (let i = 0; i < 3; i++) w[2 * i + j]! *= Math.min(norm, 0.5) / (norm + 1e-7);
      }
      expect(maxDistance(step["head.kernel"]!, w)).toBeLessThan(1e-5);
      expect(maxDistance(step["head.bias"]!, b)).toBeLessThan(1e-5);
    }
    expect(seen).toHaveLength(3);
    expect(seen[2]!["head.bias"]![1]).toBe(0); // without the constraint it would be negative
  });

  test("are not applied by a step that is skipped", async () => {
    class Skips extends Regression {
      protected override unscaleGradients(): null {
        return null;
      }
    }
    const model = build();
    const large = tf.tensor2d([
      [3, 3],
      [3, 3],
      [3, 3],
    ]);
    (model.layers[0]!.weights[0]!.read() as tf.Variable).assign(large);
    await using trainer = new Skips(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: [target], epochs: 1 });
    expect(plain(await trainer.modelWeights())["head.kernel"]).toEqual([3, 3, 3, 3, 3, 3]);
    expect(trainer.progress).toMatchObject({ step: 0, batch: 1 });
  });
});

describe("batch norm", () => {
  test("a snapshot puts moving averages and random streams back, also those first used within it", async () => {
    class Peeking extends Regression {
      readonly drawn: number[] = [];
      peeks = true;
      protected override async onTrainEpochStart(): Promise<void> {
        const look = async (): Promise<void> => {
          const { x } = rows(1, 4, 3)[0]!;
          const model = this.model as tf.LayersModel;
          tf.tidy(() => void model.apply(tf.tensor(x.data, [4, 3]), { training: true }));
          this.randomStream("old").uniform();
          this.randomStream("new").uniform();
        };
        this.drawn.push(this.randomStream("old").uniform());
        if (this.peeks) await this.withSnapshot(look);
        this.drawn.push(this.randomStream("old").uniform(), this.randomStream("new").uniform());
      }
    }
    const run = async (peeks: boolean) => {
      await using trainer = new Peeking(quietly({ model: models["with batch norm"]!, optimizer: sgd({ learningRate: 0.1 }) }));
      trainer.peeks = peeks;
      await trainer.fit({ train: rows(2), epochs: 2 });
      return { weights: plain(await trainer.modelWeights()), drawn: trainer.drawn };
    };
    expect(await run(true)).toEqual(await run(false));
  });
});

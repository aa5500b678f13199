import { nativeStatus } from "@snapfit/native";
import { adam, sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { Gradients, StepResult } from "../src/index.js";
import { plain, quietly, Regression, rows, type Rows } from "./support/regression.js";

/** Everything random that a trainer has: unseeded and seeded layers, `this.dropout`, TensorFlow.js' own generators, streams. */
class Random extends Regression {
  readonly drawn: number[][] = [];
  protected override transformBatch(batch: unknown): unknown {
    const { x, y } = batch as Rows;
    return { x: x.add(tf.randomNormal(x.shape, 0, 0.1)), y };
  }
  protected override trainingStep(batch: Rows, index: number, name: string): StepResult {
    this.drawn.push([
      Math.random(),
      tf.randomUniform([1]).dataSync()[0]!,
      this.randomStream("mine").uniform(),
      this.dropout(tf.ones([4, 8]), 0.5)
        .sum()
        .dataSync()[0]!,
    ]);
    return super.trainingStep(batch, index, name);
  }
}

const model = (): tf.LayersModel =>
  tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, inputShape: [3], activation: "relu" }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.gaussianNoise({ stddev: 0.1 }),
      tf.layers.dense({ units: 2, kernelInitializer: "heNormal" }),
    ],
  });

async function run(seed: number, epochs = 2) {
  await using trainer = new Random(quietly({ model, seed, optimizer: adam({ learningRate: 0.01 }) }));
  await trainer.ready();
  const first = plain(await trainer.modelWeights());
  await trainer.fit({ train: rows(3), validation: rows(1), epochs });
  return { first, weights: plain(await trainer.modelWeights()), drawn: trainer.drawn, history: trainer.history };
}

describe("a seed", () => {
  test.each([0, 1, -3, 2 ** 40, 0.5])("repeats a run bit for bit: %s", async (seed) => {
    expect(await run(seed)).toEqual(await run(seed));
  });

  test("of another number gives other initial weights, masks and draws", async () => {
    const [a, b] = [await run(0), await run(1)];
    expect(a.first["layers.0.kernel"]).not.toEqual(b.first["layers.0.kernel"]);
    expect(a.first["layers.3.kernel"]).not.toEqual(b.first["layers.3.kernel"]);
    a.drawn.flat().forEach((value, i) => i % 4 < 3 && expect(value).not.toBe(b.drawn.flat()[i]));
    expect(a.drawn.map((values) => values[3])).not.toEqual(b.drawn.map((values) => values[3]));
  });

  test("gives other numbers in each step, and what Math.random gives outside is not touched", async () => {
    const own = Math.random;
    const { drawn } = await run(5);
    expect(Math.random).toBe(own);
    for (let i = 0; i < 3; i++) expect(new Set(drawn.map((values) => values[i])).size).toBe(drawn.length);
    const before = globalThis.Math.random;
    let calls = 0;
    globalThis.Math.random = () => {
      calls += 1;
      return 0.5;
    };
    try {
      await run(5, 1);
      // Between sections, in hooks and loaders, it is the caller's own.
      class Outside extends Regression {
        protected override onTrainBatchEnd(): void {
          expect(Math.random()).toBe(0.5);
        }
      }
      calls = 0;
      await using trainer = new Outside(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
      await trainer.fit({ train: () => rows(2).map((batch) => (expect(Math.random()).toBe(0.5), batch)), epochs: 1 });
      expect(calls).toBe(4);
    } finally {
      globalThis.Math.random = before;
    }
  });

  test("reaches initial weights when the model is a function, and only then", async () => {
    const initial = async (given: typeof model | tf.LayersModel) => {
      await using trainer = new Regression(quietly({ model: given, optimizer: sgd({ learningRate: 0.1 }), seed: 9 }));
      await trainer.ready();
      return plain(await trainer.modelWeights())["layers.0.kernel"];
    };
    expect(await initial(model)).toEqual(await initial(model));
    expect(await initial(model())).not.toEqual(await initial(model()));
  });

  test("that is not given is drawn, said, and repeats the run when given", async () => {
    const lines: string[] = [];
    const logger = {
      debug: () => undefined,
      info: (line: string) => void lines.push(line),
      warning: () => undefined,
      error: () => undefined,
    };
    const { seed: _, ...options } = quietly({ model, optimizer: sgd({ learningRate: 0.1 }), logger });
    await using trainer = new Regression({ ...options, quiet: false });
    await trainer.ready();
    const said = lines.flatMap((line) => /^Seed: (\d+)\. Give it as an option to repeat this run\.$/.exec(line)?.slice(1) ?? []);
    expect(said).toHaveLength(1);
    await using again = new Regression(quietly({ model, optimizer: sgd({ learningRate: 0.1 }), seed: Number(said[0]) }));
    await again.ready();
    expect(plain(await again.modelWeights())).toEqual(plain(await trainer.modelWeights()));
  });
});

describe("dropout", () => {
  /** The share kept, and each mask, of one layer on ones. */
  async function masksOf(
    layer: (seed?: number) => tf.layers.Layer,
    {
      steps = 4,
      skips = [] as number[],
      layerSeed,
      device,
    }: { steps?: number; skips?: number[]; layerSeed?: number; device?: string } = {},
  ) {
    const masks: string[] = [];
    class Masks extends Regression {
      protected override trainingStep({ x }: Rows): StepResult {
        const output = (this.model as tf.LayersModel).layers[1]!.apply(tf.ones([4, 5, 6]), { training: true }) as tf.Tensor;
        masks.push(output.dataSync().join(" "));
        return {
          loss: this.forward(tf.ones([4, 5, 6]))
            .mean()
            .add(x.mean().mul(0)),
        };
      }
      protected override unscaleGradients(gradients: Gradients): Gradients | null {
        return skips.includes(this.progress.batch) ? null : gradients;
      }
    }
    const build = (): tf.LayersModel => tf.sequential({ layers: [tf.layers.dense({ units: 6, inputShape: [5, 6] }), layer(layerSeed)] });
    await using trainer = new Masks(
      quietly({ model: build, optimizer: sgd({ learningRate: 0.1 }), ...(device !== undefined && { device }) }),
    );
    await trainer.fit({ train: rows(steps), epochs: 1 });
    return masks;
  }
  const layers: [string, (seed?: number) => tf.layers.Layer][] = [
    ["Dropout", (seed) => tf.layers.dropout({ rate: 0.5, ...(seed !== undefined && { seed }) })],
    ["SpatialDropout1D", (seed) => tf.layers.spatialDropout1d({ rate: 0.5, ...(seed !== undefined && { seed }) })],
    ["Dropout with a noise shape", () => tf.layers.dropout({ rate: 0.5, noiseShape: [4, 1, 6] })],
  ];

  test.each(layers)(
    "of a layer differs in each step and repeats with the trainer's seed, whatever the layer's own: %s",
    async (_name, layer) => {
      const masks = await masksOf(layer);
      expect(new Set(masks).size).toBe(4);
      expect(await masksOf(layer)).toEqual(masks);
      expect(await masksOf(layer, { layerSeed: 3 })).toEqual(masks);
      for (const mask of masks) expect(new Set(mask.split(" "))).toEqual(new Set(["0", "2"])); // ones, kept and divided by 0.5, or dropped
    },
  );

  test.skipIf(!nativeStatus().isAvailable)("has the same masks on the native engine, which makes them in its kernel", async () => {
    for (const [, layer] of layers) expect(await masksOf(layer, { device: "native" })).toEqual(await masksOf(layer, { device: "cpu" }));
  });

  test("of whole channels drops them in all places of a sample", async () => {
    for (const [, layer] of layers.slice(1)) {
      const [mask] = (await masksOf(layer, { steps: 1 })).map((text) => text.split(" ").map(Number)) as [number[]];
      for (let sample = 0; sample < 4; sample++) {
        const places = Array.from({ length: 5 }, (_, place) => mask.slice(sample * 30 + place * 6, sample * 30 + place * 6 + 6).join());
        expect(new Set(places).size).toBe(1);
      }
      expect(new Set(Array.from({ length: 4 }, (_, sample) => mask.slice(sample * 30, sample * 30 + 6).join())).size).toBeGreaterThan(1);
    }
  });

  test("draws a new mask after a step that was skipped", async () => {
    const [plainly, skipped] = [await masksOf(layers[0]![1]), await masksOf(layers[0]![1], { skips: [1, 2] })];
    expect(skipped).toEqual(plainly);
    expect(new Set(skipped).size).toBe(4);
  });

  test("keeps the mean, drops its share, and passes through outside of training and at rate 0", async () => {
    const seen: { train: tf.TypedArray[]; valid: tf.TypedArray[] } = { train: [], valid: [] };
    class Shares extends Regression {
      #look(into: tf.TypedArray[]): void {
        into.push(this.dropout(tf.ones([4, 5000]), 0.3).dataSync(), this.dropout(tf.fill([4, 2], 3), 0).dataSync());
      }
      protected override trainingStep(batch: Rows): StepResult {
        this.#look(seen.train);
        return super.trainingStep(batch, 0, "");
      }
      protected override validationStep(batch: Rows): StepResult {
        this.#look(seen.valid);
        return super.validationStep(batch);
      }
    }
    await using trainer = new Shares(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(1), validation: rows(1), epochs: 1 });
    const values = Array.from(seen.train[0]!);
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(dropped).toBeGreaterThan(0.29);
    expect(dropped).toBeLessThan(0.31);
    expect(values.filter((value) => value !== 0).every((value) => value === Math.fround(1 / 0.7))).toBe(true);
    expect(Array.from(seen.train[1]!)).toEqual([3, 3, 3, 3, 3, 3, 3, 3]);
    expect(Array.from(seen.valid[0]!).every((value) => value === 1)).toBe(true);
  });

  test.each([-0.1, 1, NaN])("of rate %s is an error", async (rate) => {
    class Wrong extends Regression {
      protected override trainingStep({ x }: Rows): StepResult {
        return { loss: this.dropout(x, rate).mean() };
      }
    }
    await using trainer = new Wrong(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await expect(trainer.fit({ train: rows(1), epochs: 1 })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringMatching(/at least 0 and below 1/),
    });
  });
});

test("the mode is right in every hook, and after a throw", async () => {
  const seen: string[] = [];
  class Modes extends Regression {
    fails = false;
    #see(name: string): void {
      seen.push(`${name} ${this.phase} ${this.training}`);
    }
    protected override onTrainBatchStart(): void {
      this.#see("batch");
    }
    protected override validationStep(batch: Rows): StepResult {
      this.#see("validation step");
      if (this.fails) throw new Error("now");
      return super.validationStep(batch);
    }
    protected override predictStep(batch: Rows): tf.Tensor {
      this.#see("predict step");
      return this.forward(batch.x);
    }
    protected override onValidationEpochEnd(): void {
      this.#see("validated");
    }
    protected override onTrainEpochEnd(): void {
      this.#see("epoch");
    }
    protected override onFitEnd(): void {
      this.#see("fit");
    }
  }
  await using trainer = new Modes(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
  await trainer.fit({ train: rows(1), validation: rows(1), epochs: 1 });
  await trainer.test(rows(1));
  await trainer.predictAll(rows(1));
  expect(seen).toEqual([
    "batch train true",
    "validation step validation false",
    "validated validation false",
    "epoch train true",
    "fit train true",
    "validation step test false",
    "validated test false",
    "predict step prediction false",
  ]);
  trainer.fails = true;
  await expect(trainer.fit({ train: rows(1), validation: rows(1), epochs: 1 })).rejects.toThrow("now");
  expect([trainer.phase, trainer.training]).toEqual(["idle", false]);
});

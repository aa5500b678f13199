// The trainer tests and hook recipes of the original documents, on their dummy parts: a linear model of 10 inputs, Adam 0.001, batches of pairs.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostTensor, parseState, RandomStream, stringifyState, type HostOutputs, type HostTensor, type StateRecord } from "@snapfit/base";
import { computeAuroc } from "@snapfit/metrics";
import { adam, sgd, warmup } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  clipByNorm,
  EarlyStopper,
  Trainer,
  type BatchOutputs,
  type EpochMetrics,
  type Gradients,
  type HookName,
  type LogRecord,
  type StepResult,
  type TrainerOptions,
} from "../src/index.js";
import { Lines, maxDistance } from "./support/regression.js";

type Pair = readonly [x: tf.Tensor2D, y: tf.Tensor2D];
type HostPair = readonly [x: HostTensor<2, "float32">, y: HostTensor<2, "float32">];

class DummyTrainer extends Trainer<Pair> {
  protected override trainingStep([x, y]: Pair): StepResult {
    return { loss: this.forward(x).sub(y).square().mean() };
  }
  protected override validationStep([x, y]: Pair): StepResult {
    const outputs = this.forward<tf.Tensor2D>(x);
    return { loss: outputs.sub(y).square().mean(), outputs: { outputs, targets: y } };
  }
  protected override configureOptimizers() {
    return { optimizer: adam({ learningRate: 0.001 }) };
  }
}

const dummyModel = () => tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [10], name: "linear" })] });
const dummyOptions = (options: Partial<TrainerOptions> = {}): TrainerOptions => ({
  model: dummyModel,
  device: "cpu",
  seed: 3,
  quiet: true,
  signals: false,
  ...options,
});

/** Pairs whose target is the sum of the inputs. */
function pairs(count: number, size = 8, seed = 1): HostPair[] {
  const random = RandomStream.fromSeed(seed, "pairs");
  return Array.from({ length: count }, () => {
    const x = Float32Array.from({ length: size * 10 }, () => random.normal());
    const y = Float32Array.from({ length: size }, (_, row) => x.subarray(10 * row, 10 * row + 10).reduce((sum, value) => sum + value, 0));
    return [hostTensor(x, [size, 10]), hostTensor(y, [size, 1])] as const;
  });
}

/** Mean of squares of the linear model with these weights, on the host. */
function lossOf(weights: Readonly<Record<string, HostTensor>>, data: readonly HostPair[]): number {
  const { "linear.kernel": kernel, "linear.bias": bias } = weights;
  const errors = data.flatMap(([x, y]) =>
    Array.from(
      y.data,
      (target, row) => (Array.from(kernel!.data).reduce((sum, w, i) => sum + w * x.data[10 * row + i]!, 0) + bias!.data[0]! - target) ** 2,
    ),
  );
  return errors.reduce((sum, error) => sum + error) / errors.length;
}

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "snapfit-dummy-"))));
afterAll(() => rm(folder, { recursive: true }));

describe("the trainer on its dummy parts", () => {
  test("is created with a model of 11 parameters and nothing done", async () => {
    const trainer = new DummyTrainer(dummyOptions());
    await trainer.ready();
    expect(trainer.progress).toEqual({ fit: 0, epoch: 0, globalEpoch: 0, batch: 0, step: 0, samples: 0 });
    expect(Object.entries(await trainer.modelWeights()).map(([path, { shape }]) => [path, shape])).toEqual([
      ["linear.kernel", [10, 1]],
      ["linear.bias", [1]],
    ]);
    expect(trainer.optimizer!.name).toBe("adam");
    expect(() => new DummyTrainer({} as TrainerOptions)).toThrow(/^Model must be provided/);
  });

  test("trains an epoch: every parameter moves by Adam's first step of 0.001, against its gradient", async () => {
    const data = pairs(1);
    const trainer = new DummyTrainer(dummyOptions());
    const before = await trainer.modelWeights();
    await trainer.fit({ train: data, epochs: 1 });
    const after = await trainer.modelWeights();
    for (const [path, { data: values }] of Object.entries(before))
      values.forEach((value, i) => expect(Math.abs(after[path]!.data[i]! - value)).toBeCloseTo(0.001, 5));
    expect(trainer.history.train["loss"]![0]).toBeCloseTo(lossOf(before, data), 4);
    expect(lossOf(after, data)).toBeLessThan(lossOf(before, data));
  });

  test("validates an epoch: the loss is that of the weights, and outputs and targets are there", async () => {
    const data = pairs(3, 8, 2);
    const seen: HostOutputs[] = [];
    class Seeing extends DummyTrainer {
      protected override onValidationBatchEnd({ outputs }: BatchOutputs): void {
        seen.push(outputs!);
      }
    }
    const trainer = new Seeing(dummyOptions());
    const { loss } = await trainer.validate(data);
    expect(loss).toBeCloseTo(lossOf(await trainer.modelWeights(), data), 4);
    expect(seen.map(({ outputs, targets }) => [outputs!.shape, targets!.shape])).toEqual(
      Array(3).fill([
        [8, 1],
        [8, 1],
      ]),
    );
    expect(seen[1]!["targets"]!.data).toEqual(data[1]![1].data);
  });

  test("fits: the loss falls in training and in validation, epoch by epoch", async () => {
    class Faster extends DummyTrainer {
      protected override configureOptimizers() {
        return { optimizer: adam({ learningRate: 0.1 }) };
      }
    }
    const trainer = new Faster(dummyOptions());
    await trainer.fit({ train: pairs(20), validation: pairs(4, 8, 2), epochs: 5 });
    for (const { loss } of [trainer.history.train, trainer.history.valid]) {
      expect(loss).toHaveLength(5);
      expect(loss!.at(-1)).toBeLessThan(loss![0]! / 10);
    }
    expect(trainer.progress).toMatchObject({ epoch: 5, step: 100, samples: 800 });
  });

  test("saves and loads: a new trainer goes on from the file with the same bits", async () => {
    const [data, file] = [pairs(5), join(folder, "checkpoint.json")];
    const whole = new DummyTrainer(dummyOptions());
    await whole.fit({ train: data, epochs: 2 });
    await whole.fit({ train: data, epochs: 2 });
    const first = new DummyTrainer(dummyOptions());
    await first.fit({ train: data, epochs: 2 });
    await writeFile(file, stringifyState(await first.captureState()));
    const second = new DummyTrainer(dummyOptions({ seed: 99 }));
    await second.applyState(parseState(await readFile(file, "utf8")) as StateRecord);
    expect(second.progress).toMatchObject({ globalEpoch: 2, step: 10 });
    for (let i = 0; i < 2; i++) await second.fit({ train: data, epochs: 2 });
    expect(await second.modelWeights()).toEqual(await whole.modelWeights());
    expect(second.history).toEqual(whole.history);
  });

  test("calls every hook", async () => {
    const names: readonly HookName[] = [
      "onFitStart",
      "onFitEnd",
      "onTrainEpochStart",
      "onTrainEpochEnd",
      "onTrainBatchStart",
      "onTrainBatchEnd",
      "onValidationEpochStart",
      "onValidationEpochEnd",
      "onValidationBatchStart",
      "onValidationBatchEnd",
    ];
    const counts = Object.fromEntries(names.map((name) => [name, 0]));
    const trainer = new DummyTrainer(dummyOptions());
    for (const name of names) Object.assign(trainer, { [name]: () => void (counts[name]! += 1) });
    await trainer.fit({ train: pairs(3), validation: pairs(2), epochs: 2 });
    expect(counts).toEqual({
      onFitStart: 1,
      onFitEnd: 1,
      onTrainEpochStart: 2,
      onTrainEpochEnd: 2,
      onTrainBatchStart: 6,
      onTrainBatchEnd: 6,
      onValidationEpochStart: 2,
      onValidationEpochEnd: 2,
      onValidationBatchStart: 4,
      onValidationBatchEnd: 4,
    });
  });

  test("selects the best model: the weights of the epoch with the smallest validation loss", async () => {
    class Unstable extends DummyTrainer {
      readonly weights: Record<string, HostTensor>[] = [];
      protected override configureOptimizers() {
        return { optimizer: sgd({ learningRate: 0.15 }) }; // too large: the loss falls, then rises
      }
      protected override async onValidationEpochEnd(): Promise<void> {
        this.weights.push(await this.modelWeights());
      }
    }
    const trainer = new Unstable(dummyOptions());
    await trainer.fit({ train: pairs(1, 8), validation: pairs(2, 8, 2), epochs: 12 });
    const losses = trainer.history.valid["loss"]!;
    const best = losses.indexOf(Math.min(...losses));
    expect(trainer.bestModelState).toMatchObject({ monitor: "loss", value: losses[best], epoch: best + 1 });
    expect(trainer.bestModelState!.weights).toEqual(trainer.weights[best]);
    await trainer.useBest();
    expect(await trainer.modelWeights()).toEqual(trainer.weights[best]);
  });
});

describe("hook recipes", () => {
  test("clip the gradient norm to 1.0: by the option, or by a transform before the optimizer", async () => {
    const norms: number[] = [];
    const norm = (gradients: Gradients) =>
      Math.sqrt(
        [...gradients.values()].reduce(
          (sum, gradient) => sum + Array.from(gradient.dataSync<"float32">()).reduce((squares, value) => squares + value * value, 0),
          0,
        ),
      );
    class Seeing extends DummyTrainer {
      protected override applyGradients(gradients: Gradients): void {
        norms.push(norm(gradients));
        super.applyGradients(gradients);
      }
    }
    class Clipping extends Seeing {
      protected override clipGradients(gradients: Gradients): Gradients {
        return clipByNorm(gradients, 1, norm(gradients));
      }
    }
    const trainers = [new Seeing(dummyOptions({ clip: { norm: 1 } })), new Clipping(dummyOptions())];
    for (const trainer of trainers) await trainer.fit({ train: pairs(2), epochs: 1 });
    for (const one of norms) expect(one).toBeCloseTo(1, 5);
    expect(
      maxDistance((await trainers[0]!.modelWeights())["linear.kernel"]!.data, (await trainers[1]!.modelWeights())["linear.kernel"]!.data),
    ).toBeLessThan(1e-6);
  });

  test("save every so many steps to checkpoint_step_{step}", async () => {
    class Saving extends DummyTrainer {
      protected override async savePoint(kind: string): Promise<void> {
        if (kind === "step" && this.progress.step % 4 === 0)
          await writeFile(join(folder, `checkpoint_step_${this.progress.step}.json`), stringifyState(await this.captureState()));
      }
    }
    const trainer = new Saving(dummyOptions());
    await trainer.fit({ train: pairs(5), epochs: 2 });
    const later = new DummyTrainer(dummyOptions());
    await later.applyState(parseState(await readFile(join(folder, "checkpoint_step_8.json"), "utf8")) as StateRecord);
    expect(later.progress).toMatchObject({ step: 8, epoch: 2, batch: 3 });
    await later.fit({ train: pairs(5), epochs: 2 });
    expect(await later.modelWeights()).toEqual(await trainer.modelWeights());
    await expect(readFile(join(folder, "checkpoint_step_7.json"))).rejects.toThrow("ENOENT");
  });

  test("scalars train/loss and train/lr over the steps", async () => {
    const scalars: [tag: string, value: number, step: number][] = [];
    class Board extends DummyTrainer {
      protected override setup(): void {
        this.addLogSink({
          name: "board",
          kinds: ["scalars"],
          write(record: LogRecord) {
            if (record.kind !== "scalars" || record.key !== "train") return;
            for (const [tag, value] of Object.entries(record.values)) scalars.push([tag, value, record.step]);
          },
        });
      }
    }
    const trainer = new Board(dummyOptions({ logEvery: 1 }));
    await trainer.fit({ train: pairs(2), epochs: 2 });
    expect(scalars.map(([tag, , step]) => [tag, step])).toEqual(
      [1, 2, 3, 4].flatMap((step) => [
        ["train/grad_norm", step],
        ["train/loss", step],
        ["train/lr", step],
      ]),
    );
    const losses = scalars.filter(([tag]) => tag === "train/loss").map(([, value]) => value);
    expect([(losses[0]! + losses[1]!) / 2, (losses[2]! + losses[3]!) / 2]).toEqual(
      trainer.history.train["loss"]!.map((loss) => expect.closeTo(loss, 10)),
    );
    expect(new Set(scalars.filter(([tag]) => tag === "train/lr").map(([, value]) => value))).toEqual(new Set([0.001]));
  });

  test("linear warm-up from 0 to the base rate, then the rate stays", async () => {
    const rates: number[] = [];
    class Warming extends DummyTrainer {
      protected override configureOptimizers() {
        return { optimizer: adam({ learningRate: 0.001 }), schedule: warmup({ steps: 4 }) };
      }
      protected override onTrainBatchStart(): void {
        rates.push(this.learningRates["default"]!);
      }
    }
    await new Warming(dummyOptions()).fit({ train: pairs(3), epochs: 2 });
    expect(rates).toEqual([0, 0.00025, 0.0005, 0.00075, 0.001, 0.001].map((rate) => expect.closeTo(rate, 12)));
  });

  test("collect predictions and targets over a validation, then log a confusion matrix", async () => {
    const tables: LogRecord[] = [];
    class Collecting extends DummyTrainer {
      readonly #collected: [predicted: number, target: number][] = [];
      protected override setup(): void {
        this.addLogSink({ name: "tables", kinds: ["table"], write: (record) => void tables.push(record) });
      }
      protected override onValidationEpochStart(): void {
        this.#collected.length = 0;
      }
      protected override onValidationBatchEnd({ outputs }: BatchOutputs): void {
        outputs!["outputs"]!.data.forEach((value, i) =>
          this.#collected.push([Number(value > 0), Number(outputs!["targets"]!.data[i]! > 0)]),
        );
      }
      protected override onValidationEpochEnd(): void {
        const count = (target: number, predicted: number) =>
          this.#collected.filter((one) => one[0] === predicted && one[1] === target).length;
        this.logTable(
          "confusion",
          ["target", "predicted 0", "predicted 1"],
          [0, 1].map((target) => [target, count(target, 0), count(target, 1)]),
        );
      }
    }
    const trainer = new Collecting(dummyOptions());
    const data = pairs(4, 8, 5);
    await trainer.fit({ train: pairs(2), validation: data, epochs: 2 });
    expect(tables).toHaveLength(2);
    const { rows } = tables.at(-1) as Extract<LogRecord, { kind: "table" }>;
    const predictions = (await trainer.predictAll(data)) as HostTensor[];
    const samples = data.flatMap(([, y], i) =>
      Array.from(y.data, (value, row) => [Number(value > 0), Number(predictions[i]!.data[row]! > 0)]),
    );
    const count = (target: number, predicted: number) => samples.filter((sample) => sample[0] === target && sample[1] === predicted).length;
    expect(rows).toEqual([
      [0, count(0, 0), count(0, 1)],
      [1, count(1, 0), count(1, 1)],
    ]);
    expect(samples).toHaveLength(32);
  });

  test("the rate at each epoch's start, and an early stop with patience on a metric of all outputs", async () => {
    const logger = new Lines();
    class Auroc extends DummyTrainer {
      protected override onTrainEpochStart(): void {
        this.logger.info(`Epoch ${this.progress.epoch} - Learning Rate: ${this.learningRates["default"]}`);
      }
      protected override computeMetrics({ outputs, targets }: HostOutputs): Record<string, number> {
        return {
          image_auroc: computeAuroc(
            Array.from(outputs!.data),
            Array.from(targets!.data, (value) => Number(value > 0)),
          ),
        };
      }
      protected override configureEarlyStoppers() {
        return { valid: new EarlyStopper({ monitor: "image_auroc", patience: 5 }) };
      }
    }
    const trainer = new Auroc(dummyOptions({ logger, quiet: false }));
    const { reason } = await trainer.fit({ train: pairs(1), validation: pairs(2), epochs: 99 });
    expect(reason).toMatch(/^early stopping: image_auroc has not improved by more than 0\.001 for 5 checks/);
    const values = trainer.history.valid["image_auroc"]!;
    expect(trainer.bestModelState).toMatchObject({ monitor: "image_auroc", value: Math.max(...values) });
    expect(logger.all.filter((line) => line.includes("Learning Rate"))).toHaveLength(values.length);
    const metrics: EpochMetrics = await trainer.validate(pairs(2));
    expect(metrics["image_auroc"]).toBe(values.at(-1));
  });
});

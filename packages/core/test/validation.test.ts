import { hostTensor, type HostOutputs, type HostTensor } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { EarlyStopper, evaluate, Trainer, type EpochMetrics, type EvaluationPhase, type StepResult } from "../src/index.js";
import { failureOf, smallModel } from "./support/regression.js";
import { batch, batches, ScalarTrainer, scalarModel, scalarOptions } from "./support/scalar.js";

describe("validate and test", () => {
  test("average over all samples, move no counter, change no weight and leave no tensor", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    await trainer.fit({ train: batches(1), epochs: 1 });
    const { progress, numTensors } = { progress: { ...trainer.progress }, ...tf.memory() };
    expect(await trainer.validate([batch(1, 2, 3), batch(10)])).toEqual({ loss: 4 });
    expect(await trainer.test([batch(1, 2, 3), batch(10)])).toEqual({ loss: 4 });
    expect({ ...trainer.progress }).toEqual(progress);
    expect(await trainer.w()).toBe(0.5);
    expect(trainer.history.valid).toEqual({});
    expect(trainer.bestModelState).toBeUndefined();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test("testStep defaults to validationStep, and is its own if overridden", async () => {
    class Tested extends ScalarTrainer {
      protected override testStep(x: tf.Tensor1D): StepResult {
        return { ...this.validationStep(x, 0), tested: 1 };
      }
    }
    expect(await new ScalarTrainer(scalarOptions()).test(batches(3))).toEqual({ loss: 3 });
    const trainer = new Tested(scalarOptions());
    expect(await trainer.test(batches(3))).toEqual({ loss: 3, tested: 1 });
    expect(await trainer.validate(batches(3))).toEqual({ loss: 3 });
  });

  test("a loss is not required, and a step may give outputs alone", async () => {
    class NoLoss extends ScalarTrainer {
      protected override validationStep(x: tf.Tensor1D): StepResult {
        return { outputs: { x } };
      }
    }
    const trainer = new NoLoss(scalarOptions());
    await trainer.fit({ train: batches(1), validation: batches(1), epochs: 1 });
    expect(trainer.history.valid).toEqual({});
  });

  test("run without gradients, in inference mode, without transformBatch", async () => {
    const modes: boolean[] = [];
    const model = () => ({
      ...scalarModel()(),
      forward: (x: tf.Tensor | tf.Tensor[], { training }: { training: boolean }) => (modes.push(training), x),
    });
    class Forward extends ScalarTrainer {
      protected override transformBatch(value: unknown): unknown {
        if (!this.training) throw new Error("transformed");
        return value;
      }
      protected override validationStep(x: tf.Tensor1D): StepResult {
        return { loss: this.dropout(this.forward(x), 0.9).mean() };
      }
    }
    const trainer = new Forward(scalarOptions({ model }));
    expect(await trainer.validate([batch(2, 2, 2)])).toEqual({ loss: 2 });
    await trainer.predictAll(batches(1));
    await trainer.fit({ train: batches(0), epochs: 1 });
    expect(modes).toEqual([false, false, true]);
  });

  test("a source may be tensors, which stay the caller's", async () => {
    const x = tf.tensor1d([4, 6]);
    const trainer = new ScalarTrainer(scalarOptions());
    expect(await trainer.validate([x])).toEqual({ loss: 5 });
    await trainer.fit({ train: [x], validation: [x], epochs: 1 });
    expect(await trainer.predictAll([x])).toHaveLength(1);
    expect(x.isDisposed).toBe(false);
    x.dispose();
  });
});

describe("computeMetrics", () => {
  class Collecting extends ScalarTrainer {
    collected: HostOutputs[] = [];
    protected override validationStep(x: tf.Tensor1D): StepResult {
      return { loss: x.mean(), outputs: { x: x.expandDims(1), positive: x.greater(0), index: x.toInt() } };
    }
    protected override computeMetrics(outputs: HostOutputs): Record<string, number> {
      this.collected.push(outputs);
      return { spread: Math.max(...outputs["x"]!.data) - Math.min(...outputs["x"]!.data) };
    }
    protected override configureEarlyStoppers() {
      return { valid: new EarlyStopper({ monitor: "spread", mode: "max", patience: 2 }) };
    }
  }

  test("gets all outputs of the pass joined, and its numbers join the epoch's metrics and can be monitored", async () => {
    const trainer = new Collecting(scalarOptions());
    expect(await trainer.validate([batch(-1, 2), batch(5)])).toEqual({ loss: 2, spread: 6 });
    expect(trainer.collected).toEqual([
      {
        x: hostTensor(Float32Array.of(-1, 2, 5), [3, 1]),
        positive: { dtype: "bool", shape: [3], data: Uint8Array.of(0, 1, 1) },
        index: hostTensor(Int32Array.of(-1, 2, 5), [3]),
      },
    ]);
    let metrics: EpochMetrics | undefined;
    Object.assign(trainer, { onValidationEpochEnd: (values: EpochMetrics) => void (metrics = values) });
    let pass = 0;
    const { reason } = await trainer.fit({ train: batches(1), validation: () => [batch(0, [3, 7, 5, 5, 5][pass++]!)], epochs: 9 });
    expect(reason).toMatch(/^early stopping: spread has not improved/);
    expect(trainer.history.valid["spread"]).toEqual([3, 7, 5, 5]);
    expect(trainer.bestModelState).toMatchObject({ monitor: "spread", value: 7, epoch: 2 });
    expect(metrics).toEqual({ loss: 2.5, spread: 5 });
  });

  test("is not called where it is not overridden, without outputs, or for predictions", async () => {
    const trainer = new Collecting(scalarOptions());
    await trainer.predictAll(batches(1));
    await trainer.validate([]);
    expect(trainer.collected).toEqual([]);
    expect(await trainer.test(batches(1))).toMatchObject({ spread: 0 });
  });
});

describe("withWeights around a validation", () => {
  class Swapping extends ScalarTrainer {
    swapped = 10;
    protected override validationStep(x: tf.Tensor1D): StepResult {
      return { loss: this.forward(x).mean() };
    }
    protected override runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
      return this.withWeights({ w: hostTensor(Float32Array.of(this.swapped), []) }, () => super.runEvaluation(phase));
    }
  }

  test("shows the others to the pass, the raw ones to savers, and puts these back, after a throw and an early leave too", async () => {
    const trainer = new Swapping(scalarOptions());
    expect(await trainer.validate(batches(2))).toEqual({ loss: 20 });
    expect(await trainer.w()).toBe(1);
    let inside: number | undefined;
    Object.assign(trainer, { onValidationBatchEnd: async () => void (inside = await trainer.w()) });
    await trainer.validate(batches(1));
    expect(inside).toBe(1);
    Object.assign(trainer, {
      onValidationBatchEnd: () => {
        throw new Error("thrown");
      },
    });
    expect(await failureOf(trainer.validate(batches(1)))).toEqual(new Error("thrown"));
    expect(await trainer.w()).toBe(1);
    for await (const prediction of trainer.predict(batches(1, 2, 3))) {
      expect(prediction).toEqual(hostTensor(Float32Array.of(10), [1]));
      break;
    }
    expect(await trainer.w()).toBe(1);
  });

  test("does not nest", async () => {
    class Nested extends Swapping {
      protected override runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
        return this.withWeights({}, () => super.runEvaluation(phase));
      }
    }
    expect(await failureOf(new Nested(scalarOptions()).validate(batches(1)))).toMatchObject({ code: "WEIGHTS_SWAPPED" });
  });

  test("withSnapshot puts buffers and random streams back, not parameters", async () => {
    class Snapshot extends ScalarTrainer {
      async run(): Promise<number[]> {
        const draw = () => this.randomStream("mine").uniform();
        draw();
        const inner = await this.withSnapshot(async () => {
          (this.model as tf.LayersModel).weights.forEach((weight) => (weight.read() as tf.Variable).assign(tf.onesLike(weight.read())));
          return draw();
        });
        return [inner, draw()];
      }
    }
    const model = () => tf.sequential({ layers: [tf.layers.batchNormalization({ name: "norm", inputShape: [2] })] });
    const trainer = new Snapshot(scalarOptions({ model }));
    await trainer.ready();
    const [inner, after] = await trainer.run();
    expect(after).toBe(inner);
    const { "norm.moving_mean": mean, "norm.beta": beta } = await trainer.modelWeights();
    expect([[...mean!.data], [...beta!.data]]).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe("evaluate", () => {
  test("averages what a step returns over any data, without a trainer class", async () => {
    const step = (x: tf.Tensor1D, forward: (inputs: tf.Tensor) => tf.Tensor): StepResult => ({ mean: forward(x).mean(), one: 1 });
    expect(await evaluate(scalarModel(3)(), [batch(1, 2), batch(9)], { step, device: "cpu", quiet: true })).toEqual({ mean: 12, one: 1 });
  });

  test("is given metrics, takes a LayersModel, and leaves no tensor and no listener", async () => {
    const model = smallModel();
    const listeners = process.listenerCount("beforeExit");
    const { numTensors } = tf.memory();
    const rows = hostTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    let seen: HostTensor | undefined;
    const metric = {
      direction: "max",
      update: ({ y }: HostOutputs) => void (seen = y),
      compute: () => 0.25,
      reset: () => undefined,
      saveState: () => ({}),
      loadState: () => undefined,
      merge: () => undefined,
    } as const;
    const values = await evaluate<tf.Tensor2D>(model, [rows], {
      step: (x, forward) => ({ outputs: { y: forward(x) } }),
      metrics: { score: metric },
      device: "cpu",
      quiet: true,
    });
    expect(values).toEqual({ score: 0.25 });
    const direct = (model.predict(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])) as tf.Tensor).dataSync();
    expect([...seen!.data]).toEqual([...direct]);
    expect(process.listenerCount("beforeExit")).toBe(listeners);
    expect(tf.memory().numTensors).toBe(numTensors + 2); // of the comparison
  });
});

test("a trainer needs no trainingStep of worth to evaluate or predict", async () => {
  class Only extends Trainer<tf.Tensor1D> {
    protected override trainingStep(): StepResult {
      return {};
    }
  }
  const trainer = new Only(scalarOptions({ optimizer: sgd({ learningRate: 1 }) }));
  expect(await trainer.predictAll(batches(2))).toEqual([hostTensor(Float32Array.of(2), [1])]);
});

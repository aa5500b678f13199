import type { HostOutputs, HostTensor, Metric } from "@snapfit/base";
import { accuracy } from "@snapfit/metrics";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import type { Callback, Metrics, StepResult } from "../src/index.js";
import { batch, batches, passes, ScalarTrainer, scalarOptions } from "./support/scalar.js";

test("the history is exactly { train, valid }, and empty before the first epoch", async () => {
  const trainer = new ScalarTrainer(scalarOptions());
  expect(trainer.history).toEqual({ train: {}, valid: {} });
  await trainer.fit({ train: batches(1), validation: batches(2), epochs: 1 });
  expect(trainer.history).toEqual({ train: { loss: [1] }, valid: { loss: [2] } });
  expect(JSON.parse(JSON.stringify(trainer.history))).toEqual(trainer.history);
});

test("a value that comes and goes has NaN where it was missing; nothing is shifted", async () => {
  class Changing extends ScalarTrainer {
    protected override trainingStep(x: tf.Tensor1D): StepResult {
      const { epoch } = this.progress;
      return { loss: this.forward(x).mean(), ...(epoch % 2 === 0 && { even: epoch }), ...(epoch === 3 && { late: tf.scalar(3) }) };
    }
    protected override validationStep(x: tf.Tensor1D): StepResult {
      return this.progress.epoch > 2 ? { loss: x.mean(), extra: 1 } : { loss: x.mean() };
    }
  }
  const trainer = new Changing(scalarOptions());
  await trainer.fit({ train: batches(0), validation: passes(1, 2, 3), validateEvery: { epochs: 2 }, epochs: 5 });
  expect(trainer.history).toEqual({
    train: { loss: [0, 0, 0, 0, 0], even: [NaN, 2, NaN, 4, NaN], late: [NaN, NaN, 3, NaN, NaN] },
    valid: { loss: [NaN, 1, NaN, 2, 3], extra: [NaN, NaN, NaN, 1, 1] },
  });
});

test("of several validations in an epoch the last one stays, and the hook sees it", async () => {
  const trainer = new ScalarTrainer(scalarOptions());
  let seen: unknown;
  Object.assign(trainer, { onTrainEpochEnd: (metrics: unknown) => void (seen = metrics) });
  await trainer.fit({ train: batches(0, 0, 0), validation: passes(1, 2, 3), validateEvery: { steps: 1 }, epochs: 1 });
  expect(trainer.history.valid).toEqual({ loss: [3] });
  expect(seen).toEqual({ loss: 0, valid: { loss: 3 } });
});

test("means are weighted by the batch's size, or by batchWeight", async () => {
  const sizes: HostTensor<1>[] = [batch(1, 1, 1), batch(5)];
  const plain = new ScalarTrainer(scalarOptions());
  await plain.fit({ train: sizes, validation: sizes, epochs: 1, limitTrainBatches: 2 });
  expect(plain.history.valid["loss"]).toEqual([2]);
  class Weighted extends ScalarTrainer {
    protected override batchWeight(value: unknown): number {
      return (value as HostTensor<1>).shape[0] === 1 ? 3 : 1;
    }
  }
  const weighted = new Weighted(scalarOptions());
  await weighted.fit({ train: sizes, validation: sizes, epochs: 1 });
  expect(weighted.history.valid["loss"]).toEqual([4]);
  expect(weighted.history.train["loss"]).toEqual([(1 * 1 + 3 * 5 * 0.5) / 4]);
});

test("a batch without one size is an error that names the override", async () => {
  const trainer = new ScalarTrainer(scalarOptions());
  await expect(trainer.fit({ train: [{ a: batch(1), b: batch(1, 2) }] as never, epochs: 1 })).rejects.toMatchObject({
    code: "BATCH_SIZE",
    message: expect.stringContaining("have 1 and 2 as their first dimension"),
  });
  await expect(trainer.fit({ train: ["text"] as never, epochs: 1 })).rejects.toMatchObject({
    code: "BATCH_SIZE",
    message: expect.stringContaining("Override batchSize(batch)"),
  });
});

test("declared metrics join the means under their names, parts behind a slash, and start anew each epoch", async () => {
  class Classifying extends ScalarTrainer {
    protected override trainingStep(x: tf.Tensor1D): StepResult {
      return { loss: this.forward(x).mean(), outputs: { scores: tf.stack([x.neg(), x], 1), labels: tf.ones([x.size], "int32") } };
    }
    protected override validationStep(x: tf.Tensor1D): StepResult {
      return this.trainingStep(x);
    }
    protected override configureMetrics(): { train: Metrics; valid: Metrics } {
      return { train: { acc: accuracy() }, valid: { acc: accuracy(), parts: new Parts() } };
    }
  }
  const trainer = new Classifying(scalarOptions({ optimizer: sgd({ learningRate: 0 }) }));
  await trainer.fit({ train: [batch(1, 1), batch(-1, 1, 1)], validation: () => [batch(1, -1)], epochs: 2 });
  expect(trainer.history.train["acc"]).toEqual([0.8, 0.8]);
  expect(trainer.history.valid).toEqual({ loss: [0, 0], acc: [0.5, 0.5], "parts/first": [2, 2], "parts/second": [4, 4] });
});

test("metrics of a training epoch that is interrupted count on where they were", async () => {
  class Counting extends ScalarTrainer {
    protected override trainingStep(x: tf.Tensor1D): StepResult {
      return { loss: this.forward(x).mean(), outputs: { scores: x } };
    }
    protected override configureMetrics(): { train: Metrics } {
      return { train: { parts: new Parts() } };
    }
  }
  const controller = new AbortController();
  const abortSecond: Callback = { onTrainBatchEnd: (_trainer, _outputs, _batch, index) => void (index === 1 && controller.abort()) };
  const first = new Counting(scalarOptions({ callbacks: [abortSecond] }));
  await first.fit({ train: [batch(1, 1), batch(1), batch(1)], epochs: 1, signal: controller.signal });
  const later = new Counting(scalarOptions());
  await later.applyState(await first.captureState());
  await later.fit({ train: [batch(1, 1), batch(1), batch(1)], epochs: 1 });
  expect(later.history.train["parts/first"]).toEqual([4]);
});

/** A metric of two values: how many samples it saw, and twice that. */
class Parts implements Metric {
  readonly direction = "max";
  #count = 0;
  update(outputs: HostOutputs): void {
    this.#count += outputs["scores"]!.shape[0]!;
  }
  compute() {
    return { first: this.#count, second: 2 * this.#count };
  }
  reset(): void {
    this.#count = 0;
  }
  saveState() {
    return { count: this.#count };
  }
  loadState(state: { count?: unknown }): void {
    this.#count = Number(state.count);
  }
  merge(state: { count?: unknown }): void {
    this.#count += Number(state.count);
  }
}

import { hostTensor } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import { expectNoTensorLeak } from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import {
  Trainer,
  type BatchOutputs,
  type EpochMetrics,
  type EvaluationPhase,
  type Gradients,
  type ParameterSource,
  type StepResult,
  type Window,
} from "../src/index.js";
import { failureOf, Lines, plain, quietly, Regression, rows, type HostRows, type Rows } from "./support/regression.js";

/** One weight, so that thousands of steps take a second. */
class OneWeight implements ParameterSource {
  readonly w = tf.variable(tf.tidy(() => tf.scalar(1)));
  parameters(): Map<string, tf.Variable> {
    return new Map([["w", this.w]]);
  }
}

class Tiny extends Trainer<{ x: tf.Tensor1D }> {
  protected override trainingStep({ x }: { x: tf.Tensor1D }): StepResult {
    return { loss: (this.model as OneWeight).w.mul(x).square().mean(), count: x.greater(0).sum() };
  }
  protected override validationStep({ x }: { x: tf.Tensor1D }): StepResult {
    return { loss: (this.model as OneWeight).w.mul(x).square().mean(), outputs: { x } };
  }
}

const tinyBatches = (count: number) => Array.from({ length: count }, (_, i) => ({ x: hostTensor(Float32Array.of(i % 3, 1), [2]) }));

describe("the number of tensors", () => {
  test("is the same before and after 10 000 steps, and after an early stop, an abort and a throwing hook", async () => {
    class Ending extends Tiny {
      end: "no" | "stop" | "throw" = "no";
      protected override onTrainBatchEnd(): void {
        if (this.end === "stop" && this.progress.batch === 50) this.stop("enough");
        if (this.end === "throw" && this.progress.batch === 50) throw new Error("hook");
      }
    }
    const options = { model: () => new OneWeight(), optimizer: sgd({ learningRate: 1e-4, momentum: 0.9 }), clip: { norm: 100 } };
    await using trainer = new Ending(quietly(options));
    await trainer.fit({ train: tinyBatches(10), epochs: 1 });
    const before = tf.memory();
    await trainer.fit({ train: tinyBatches(1000), validation: tinyBatches(10), epochs: 10 });
    expect(trainer.progress.step).toBe(10_010);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    trainer.end = "stop";
    expect(await trainer.fit({ train: tinyBatches(100), epochs: 10 })).toEqual({ reason: "enough", interrupted: false });
    trainer.end = "throw";
    await expect(trainer.fit({ train: tinyBatches(100), epochs: 1 })).rejects.toThrow("hook");
    trainer.end = "no";
    const controller = new AbortController();
    setTimeout(() => controller.abort("abort"), 60);
    expect(await trainer.fit({ train: tinyBatches(100), epochs: 1e9, signal: controller.signal })).toEqual({
      reason: "abort",
      interrupted: true,
    });
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });
});

/** Throws in the method of that name, at its second call at the earliest, with tensors made in front of it. */
class Throwing extends Regression {
  at = "";
  readonly error = new Error("thrown by the test");
  #calls = 0;

  begin(at: string): void {
    this.at = at;
    this.#calls = 0;
  }
  #maybe(place: string, from = 2): void {
    if (this.at === place && ++this.#calls >= from) throw this.error;
  }
  protected override trainingStep(batch: Rows, index: number, name: string): StepResult {
    Math.random();
    const result = super.trainingStep(batch, index, name);
    const { loss } = { loss: result.loss!.add(this.dropout(batch.x, 0.5).mean().square()) };
    this.log("squared", loss.square().sum());
    this.logHistogram("x", batch.x);
    this.#maybe("trainingStep");
    return { loss, count: batch.x.greater(0).sum(), outputs: { x: batch.x, twice: batch.x } };
  }
  protected override validationStep(batch: Rows): StepResult {
    const { loss, outputs } = super.validationStep(batch);
    this.logImage("y", batch.y);
    this.#maybe("validationStep");
    return { loss, count: batch.x.greater(0).sum(), outputs } as StepResult;
  }
  protected override transferBatch(batch: unknown): unknown {
    const transferred = super.transferBatch(batch);
    this.#maybe("transferBatch");
    return transferred;
  }
  protected override transformBatch(batch: unknown): unknown {
    const { x, y } = batch as Rows;
    const noisy = x
      .add(tf.randomNormal(x.shape, 0, 0.01))
      .mul(2)
      .div(2);
    this.#maybe("transformBatch");
    return { x: noisy, y };
  }
  protected override computeLoss(batch: unknown, index: number): StepResult {
    const result = super.computeLoss(batch, index);
    this.#maybe("computeLoss");
    return result;
  }
  protected override scaleLoss(loss: tf.Tensor): tf.Tensor {
    const scaled = super.scaleLoss(loss).mul(2);
    this.#maybe("scaleLoss");
    return scaled;
  }
  protected override accumulateGradients(gradients: Gradients): void {
    this.#maybe("accumulateGradients");
    super.accumulateGradients(gradients);
  }
  protected override async runStep(window: Window): Promise<void> {
    await super.runStep(window);
    this.#maybe("runStep");
  }
  protected override async computeGradients(window: Window): Promise<Gradients | undefined> {
    const gradients = await super.computeGradients(window);
    this.#maybe("computeGradients");
    return gradients;
  }
  protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
    await Promise.resolve();
    this.#maybe("reduceGradients");
    return new Map([...gradients].map(([path, gradient]) => [path, gradient.clone()]));
  }
  protected override unscaleGradients(gradients: Gradients): Gradients {
    this.#maybe("unscaleGradients");
    return new Map([...gradients].map(([path, gradient]) => [path, tf.tidy(() => gradient.div(2))]));
  }
  protected override clipGradients(gradients: Gradients): Gradients {
    this.#maybe("clipGradients");
    return super.clipGradients(gradients);
  }
  protected override applyGradients(gradients: Gradients): void {
    this.#maybe("applyGradients");
    super.applyGradients(gradients);
  }
  protected override onOptimizerStep(): void {
    this.#maybe("onOptimizerStep");
  }
  protected override batchWeight(batch: unknown): number {
    this.#maybe("batchWeight");
    return super.batchWeight(batch);
  }
  protected override async runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
    const zeros = Object.fromEntries(
      Object.entries(await this.modelWeights()).map(([path, weight]) => [path, { ...weight, data: new Float32Array(weight.data.length) }]),
    );
    return this.withWeights(zeros, async () => {
      const metrics = await super.runEvaluation(phase);
      this.#maybe("runEvaluation", 1);
      return metrics;
    });
  }
  protected override computeMetrics(): Record<string, number> {
    this.#maybe("computeMetrics", 1);
    return {};
  }
  protected override onFitStart(): void {
    this.#maybe("onFitStart", 1);
  }
  protected override onFitEnd(): void {
    this.#maybe("onFitEnd", 1);
  }
  protected override onTrainEpochStart(): void {
    this.#maybe("onTrainEpochStart", 1);
  }
  protected override onTrainEpochEnd(): void {
    this.#maybe("onTrainEpochEnd", 1);
  }
  protected override onTrainBatchStart(): void {
    this.#maybe("onTrainBatchStart");
  }
  protected override async onTrainBatchEnd(_outputs: BatchOutputs): Promise<void> {
    await Promise.resolve();
    this.#maybe("onTrainBatchEnd");
  }
  protected override onValidationEpochStart(): void {
    this.#maybe("onValidationEpochStart", 1);
  }
  protected override onValidationEpochEnd(): void {
    this.#maybe("onValidationEpochEnd", 1);
  }
  protected override onValidationBatchStart(): void {
    this.#maybe("onValidationBatchStart");
  }
  protected override onValidationBatchEnd(): void {
    this.#maybe("onValidationBatchEnd");
  }
  protected override savePoint(): void {
    this.#maybe("savePoint");
  }
  /** A loader that fails after its second batch. */
  *loader(name: string): Generator<HostRows> {
    yield* rows(2);
    this.#maybe(name, 1);
    yield* rows(1);
  }
}

const places = [
  "trainingStep",
  "transferBatch",
  "transformBatch",
  "computeLoss",
  "scaleLoss",
  "accumulateGradients",
  "runStep",
  "computeGradients",
  "reduceGradients",
  "unscaleGradients",
  "clipGradients",
  "applyGradients",
  "onOptimizerStep",
  "batchWeight",
  "onFitStart",
  "onFitEnd",
  "onTrainEpochStart",
  "onTrainEpochEnd",
  "onTrainBatchStart",
  "onTrainBatchEnd",
  "savePoint",
  "train loader",
  "validationStep",
  "runEvaluation",
  "computeMetrics",
  "onValidationEpochStart",
  "onValidationEpochEnd",
  "onValidationBatchStart",
  "onValidationBatchEnd",
  "validation loader",
];
/** Where a throw comes within a validation, on swapped weights. */
const inValidation = new Set(places.slice(places.indexOf("validationStep")));

describe("a throw", () => {
  test.each(places)("in %s reaches the caller unchanged; nothing stays behind, and the trainer goes on", async (place) => {
    await using trainer = new Throwing(quietly({ optimizer: sgd({ learningRate: 0.05 }), accumulate: 2, clip: { norm: 1 } }));
    const fit = () =>
      trainer.fit({ train: () => trainer.loader("train loader"), validation: () => trainer.loader("validation loader"), epochs: 1 });
    await fit();
    const mathRandom = Math.random;
    const { steps } = { steps: trainer.progress.step };
    trainer.begin(place);
    const error = await expectNoTensorLeak(() => failureOf(fit()));
    expect(error).toBe(trainer.error);
    expect(Math.random).toBe(mathRandom);
    expect((tf.engine() as unknown as { state: { activeTape: unknown; gradientDepth: number } }).state).toMatchObject({
      activeTape: null,
      gradientDepth: 0,
    });
    expect(trainer.phase).toBe("idle");
    expect(trainer.training).toBe(false);
    expect(trainer.activeOptimizer).toBeUndefined();
    const weights = plain(await trainer.modelWeights());
    expect(weights["head.kernel"]!.some((value) => value !== 0)).toBe(true); // not the zeros that were swapped in
    trainer.begin("");
    const before = trainer.progress.step;
    await expectNoTensorLeak(fit);
    expect(trainer.progress.step).toBe(before + 2);
    expect(before).toBeGreaterThanOrEqual(steps);
    // The same fits without the throw, as far as the weights know of them: a validation that throws changes nothing.
    if (inValidation.has(place)) {
      await using calm = new Throwing(quietly({ optimizer: sgd({ learningRate: 0.05 }), accumulate: 2, clip: { norm: 1 } }));
      for (let i = 0; i < 3; i++) await calm.fit({ train: () => calm.loader("none"), validation: () => calm.loader("none"), epochs: 1 });
      expect(plain(await trainer.modelWeights())).toEqual(plain(await calm.modelWeights()));
    }
  });

  test("in validate and predict leaves nothing behind either, nor does leaving predict early", async () => {
    await using trainer = new Throwing(quietly({ optimizer: sgd({ learningRate: 0.05 }) }));
    await trainer.validate(rows(1));
    trainer.begin("validationStep");
    expect(await expectNoTensorLeak(() => failureOf(trainer.validate(rows(3))))).toBe(trainer.error);
    trainer.begin("prediction loader");
    expect(await expectNoTensorLeak(() => failureOf(trainer.predictAll(() => trainer.loader("prediction loader"))))).toBe(trainer.error);
    const before = plain(await trainer.modelWeights());
    await expectNoTensorLeak(async () => {
      for await (const prediction of trainer.predict(rows(3))) {
        expect((prediction.data as Float32Array).every((value) => value === 0)).toBe(true); // weights of zeros are in
        break;
      }
    });
    expect(plain(await trainer.modelWeights())).toEqual(before);
    expect((await trainer.predictAll(rows(2))).length).toBe(2);
  });

  test("in one of two fits leaves a state that goes on where it was", async () => {
    class Once extends Regression {
      fails = false;
      protected override onTrainBatchStart(): void {
        if (this.fails && this.progress.step === 5) throw new Error("once");
      }
    }
    const { arrays, loader } = await import("@snapfit/data");
    const data = () => loader(arrays({ ...rows(1, 24)[0]! }), { batchSize: 4, shuffle: true, seed: 4 });
    const options = () => quietly({ optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), accumulate: 2 });
    await using whole = new Once(options());
    await whole.fit({ train: data(), epochs: 3 });
    await using failing = new Once(options());
    failing.fails = true;
    await expect(failing.fit({ train: data(), epochs: 3 })).rejects.toThrow("once");
    await using resumed = new Once(options());
    await resumed.applyState(await failing.captureState());
    await resumed.fit({ train: data(), epochs: 3 });
    expect(plain(await resumed.modelWeights())).toEqual(plain(await whole.modelWeights()));
    expect(resumed.history).toEqual(whole.history);
  });
});

describe("a wrong result of a step", () => {
  const cases: [string, (batch: Rows) => unknown, RegExp][] = [
    ["a promise", async ({ x }) => ({ loss: x.mean() }), /trainingStep returned a promise: steps are synchronous, so remove async\./],
    ["a promise that is rejected later", async () => Promise.reject(new Error("later")), /trainingStep returned a promise/],
    ["nothing", () => undefined, /trainingStep returned undefined\. A step returns \{ loss\?/],
    ["null", () => null, /trainingStep returned null/],
    ["a number", () => 3, /trainingStep returned 3/],
    ["a tensor", ({ x }) => x.mean(), /trainingStep returned a bare tensor/],
    [
      "a loss by sample",
      ({ x }) => ({ loss: x.mean(1) }),
      /trainingStep returned "loss" of shape \[4\]; take its mean, or put it into outputs/,
    ],
    ["a vector among scalars", ({ x }) => ({ loss: x.mean(), acc: x.mean(), each: x }), /trainingStep returned "each" of shape \[4, 3\]/],
    ["text", ({ x }) => ({ loss: x.mean(), name: "cat" }), /trainingStep returned "name" that is no scalar/],
    [
      "an output that is no tensor",
      ({ x }) => ({ loss: x.mean(), outputs: { good: x.add(1), bad: [1, 2] } }),
      /trainingStep returned outputs\.bad that is no tensor/,
    ],
  ];
  test.each(cases)("is named: %s", async (_name, step, message) => {
    class Wrong extends Regression {
      protected override trainingStep(batch: Rows): StepResult {
        return step(batch) as StepResult;
      }
    }
    await using trainer = new Wrong(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.ready();
    const error = await expectNoTensorLeak(() => failureOf(trainer.fit({ train: rows(2), epochs: 1 })));
    expect(error).toMatchObject({ code: "STEP_RESULT", message: expect.stringMatching(message) });
  });

  test("is named after the step: of a validation, a test and a prediction, and of transforms", async () => {
    class Wrong extends Regression {
      protected override validationStep(): StepResult {
        return 1 as never;
      }
      protected override testStep(): StepResult {
        return { bad: "text" } as never;
      }
      protected override predictStep(): never {
        return { values: 3 } as never;
      }
      protected override async transformBatch(batch: unknown): Promise<unknown> {
        return batch;
      }
    }
    await using trainer = new Wrong(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await expect(trainer.validate(rows(1))).rejects.toThrow(/^validationStep returned 1\./);
    await expect(trainer.test(rows(1))).rejects.toThrow(/^testStep returned "bad" that is no scalar/);
    await expect(trainer.predictAll(rows(1))).rejects.toThrow(/^predictStep returned outputs\.values that is no tensor/);
    await expect(trainer.fit({ train: rows(1), epochs: 1 })).rejects.toMatchObject({
      code: "STEP_RESULT",
      message: expect.stringMatching(/^transformBatch returned a promise\. It is synchronous\./),
    });
  });
});

describe("what belongs to somebody else is never disposed", () => {
  test("tensors that a loader yields, in any nesting, returned or not", async () => {
    interface Nested {
      parts: [tf.Tensor2D, { deep: tf.Tensor2D }];
      y: tf.Tensor2D;
      name: string;
    }
    class Nests extends Trainer<Nested> {
      protected override trainingStep({ parts: [x, { deep }], y, name }: Nested): StepResult {
        expect(name).toBe("first");
        expect(deep.dtype).toBe("int32"); // bytes become integers, since there is no smaller type
        return {
          loss: this.forward(x.add(deep)).sub(y).square().mean(),
          first: x.gather([0]).gather([0], 1).squeeze(),
          outputs: { x, y, again: x },
        };
      }
    }
    const x = tf.tensor2d([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const y = tf.tensor2d([
      [0, 1],
      [1, 0],
    ]);
    const deep = hostTensor(Uint8Array.of(255, 0, 1, 2, 3, 4), [2, 3]);
    const batch = { parts: [x, { deep }] as [tf.Tensor2D, { deep: typeof deep }], y, name: "first" };
    await using trainer = new Nests(quietly({ optimizer: sgd({ learningRate: 1e-6 }) }));
    await trainer.ready();
    await expectNoTensorLeak(() => trainer.fit({ train: [batch, batch] as never, epochs: 2 }));
    expect([x.isDisposed, y.isDisposed]).toEqual([false, false]);
    expect(Array.from(x.dataSync())).toEqual([1, 2, 3, 4, 5, 6]);
    expect(trainer.history.train["first"]).toEqual([1, 1]);
    tf.dispose([x, y]);
  });

  test("variables and batch tensors that a step returns as scalars or outputs", async () => {
    const seen: number[][] = [];
    class Returns extends Tiny {
      protected override trainingStep({ x }: { x: tf.Tensor1D }): StepResult {
        const { w } = this.model as OneWeight;
        return { loss: w, weight: w, outputs: { x, w: w as tf.Tensor } };
      }
      protected override onTrainBatchEnd(outputs: BatchOutputs): void {
        seen.push(Array.from(outputs.outputs!["w"]!.data));
      }
    }
    await using trainer = new Returns(quietly({ model: () => new OneWeight(), optimizer: sgd({ learningRate: 0.25 }) }));
    await trainer.ready();
    await expectNoTensorLeak(() => trainer.fit({ train: tinyBatches(3), epochs: 1 }));
    expect(plain(await trainer.modelWeights())).toEqual({ w: [0.25] });
    expect(seen).toEqual([[1], [0.75], [0.5]]);
    expect(trainer.history.train).toEqual({ loss: [0.75], weight: [0.75] });
  });

  test("tensors that the trainer keeps and puts into batches, by transferBatch or transformBatch", async () => {
    class Constants extends Regression {
      readonly shift = tf.scalar(1);
      #made: tf.Tensor | undefined;
      protected override transferBatch(batch: unknown): unknown {
        return { ...(super.transferBatch(batch) as Rows), shift: this.shift };
      }
      protected override transformBatch(batch: unknown): unknown {
        this.#made ??= tf.keep(tf.scalar(2));
        return { ...(batch as Rows), made: this.#made };
      }
      protected override trainingStep(batch: Rows & { shift: tf.Scalar; made: tf.Scalar }): StepResult {
        return { loss: super.trainingStep(batch, 0, "").loss!.mul(0).add(batch.shift).add(batch.made) };
      }
    }
    await using trainer = new Constants(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(1), epochs: 1 });
    await expectNoTensorLeak(() => trainer.fit({ train: rows(2), epochs: 2 }));
    expect(trainer.history.train["loss"]).toEqual([3, 3, 3]);
  });
});

describe("without a loss or an optimizer", () => {
  test("a step runs, is averaged and logged, changes nothing, counts no step, and this is said once", async () => {
    for (const [options, said] of [
      [
        { optimizer: sgd({ learningRate: 1 }) },
        "info trainingStep returned no loss: batches are averaged and logged, no parameter is changed.",
      ],
      [{}, "info The trainer has no optimizer: batches are averaged and logged, no parameter is changed."],
    ] as const) {
      class Averages extends Regression {
        protected override trainingStep(batch: Rows, index: number, name: string): StepResult {
          const { loss } = super.trainingStep(batch, index, name);
          return "optimizer" in options ? { error: loss, index } : { loss: loss!, error: loss!, index };
        }
      }
      const logger = new Lines();
      await using trainer = new Averages({ ...quietly(options), quiet: false, logger });
      await trainer.ready();
      const before = plain(await trainer.modelWeights());
      await expectNoTensorLeak(() => trainer.fit({ train: rows(3), epochs: 2 }));
      expect(plain(await trainer.modelWeights())).toEqual(before);
      expect(trainer.progress).toMatchObject({ step: 0, batch: 3, epoch: 2, samples: 24 });
      expect(trainer.history.train["index"]).toEqual([1, 1]);
      expect(trainer.history.train["error"]![0]).toBe(trainer.history.train["error"]![1]);
      expect(logger.all.filter((line) => line === said)).toHaveLength(1);
    }
  });

  test("a limit of steps alone is an error, since it would never be reached", async () => {
    class Averages extends Regression {
      protected override trainingStep(batch: Rows): StepResult {
        return { error: batch.x.mean() };
      }
    }
    await using trainer = new Averages(quietly({ optimizer: sgd({ learningRate: 1 }) }));
    await expect(trainer.fit({ train: rows(3), steps: 2 })).rejects.toMatchObject({ code: "NO_STEP" });
    await expect(trainer.fit({ train: rows(3), steps: 2, epochs: 2 })).resolves.toMatchObject({ reason: "2 epochs" });
  });
});

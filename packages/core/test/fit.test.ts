import type { HostTensor } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { EpochMetrics, StepResult, TrainEpochMetrics, TrainerOptions } from "../src/index.js";
import { batch, batches, said, saidTimeless, ScalarTrainer, scalarOptions } from "./support/scalar.js";

/** Writes down when it validates: by epoch and step. */
class Recorder extends ScalarTrainer {
  readonly validations: string[] = [];
  protected override onValidationEpochEnd(): void {
    this.validations.push(`epoch ${this.progress.epoch}, step ${this.progress.step}`);
  }
}

describe("limits", () => {
  test("epochs: every batch of every epoch, and the reason says so", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    expect(await trainer.fit({ train: batches(1, 2, 3), epochs: 2 })).toEqual({ reason: "2 epochs", interrupted: false });
    expect(trainer.progress).toMatchObject({ fit: 1, epoch: 2, globalEpoch: 2, batch: 3, step: 6, samples: 6 });
    expect(await trainer.w()).toBe(1 - 0.5 * 12);
  });

  test("steps: ends within an epoch, whose means are of what was seen", async () => {
    const trainer = new ScalarTrainer(scalarOptions({ accumulate: 2 }));
    expect(await trainer.fit({ train: batches(1, 3, 5, 7, 9), steps: 4 })).toEqual({ reason: "4 steps", interrupted: false });
    expect(trainer.progress).toMatchObject({ epoch: 2, batch: 2, step: 4 });
    // Windows [1 3], [5 7], [9], [1 3] with gradients 2, 6, 9, 2. The loss of a batch is w x.
    expect(await trainer.w()).toBe(1 - 0.5 * 19);
    expect(trainer.history.train["loss"]).toEqual([(1 + 3 + 0 + 0 - 3 * 9) / 5, -7.5 * 2]);
  });

  test("steps count from the beginning of the fit", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    for (const step of [2, 4]) {
      await trainer.fit({ train: batches(1, 1, 1), steps: 2 });
      expect(trainer.progress.step).toBe(step);
    }
  });

  test("maxSeconds: begins no epoch after the time is over", async () => {
    const trainer = new Recorder(scalarOptions());
    const { reason } = await trainer.fit({ train: batches(1), validation: slow, maxSeconds: 0.05 });
    expect(reason).toBe("0.05 s");
    expect(trainer.progress.epoch).toBe(1);
    expect(trainer.validations).toHaveLength(1);
  });

  /** A validation that takes longer than 50 ms. */
  function* slow(): Generator<HostTensor<1>> {
    const end = performance.now() + 60;
    while (performance.now() < end);
    yield batch(1);
  }

  test("maxSeconds within an epoch closes it: it is validated", async () => {
    function* endless() {
      for (;;) yield batch(0);
    }
    const trainer = new Recorder(scalarOptions());
    expect(await trainer.fit({ train: endless, validation: batches(1), maxSeconds: 0.02 })).toMatchObject({ reason: "0.02 s" });
    expect(trainer.progress).toMatchObject({ epoch: 1 });
    expect(trainer.validations).toEqual([`epoch 1, step ${trainer.progress.step}`]);
  });

  test.each([
    [{ epochs: 2, steps: 100 }, "2 epochs", 6],
    [{ epochs: 9, steps: 4 }, "4 steps", 4],
    [{ epochs: 2, steps: 6 }, "6 steps", 6],
    [{ epochs: 9, steps: 5, maxSeconds: 100 }, "5 steps", 5],
  ])("the first of several counts: %j", async (limits, reason, step) => {
    const trainer = new ScalarTrainer(scalarOptions());
    expect(await trainer.fit({ train: batches(1, 2, 3), ...limits })).toEqual({ reason, interrupted: false });
    expect(trainer.progress.step).toBe(step);
  });

  test("limitTrainBatches and limitValidationBatches cut every pass", async () => {
    class Counter extends ScalarTrainer {
      trained: number[] = [];
      validated: number[] = [];
      protected override trainingStep(x: tf.Tensor1D, index: number, name: string): StepResult {
        this.trained.push(index);
        return super.trainingStep(x, index, name);
      }
      protected override validationStep(x: tf.Tensor1D, index: number): StepResult {
        this.validated.push(index);
        return super.validationStep(x, index);
      }
    }
    const trainer = new Counter(scalarOptions({ accumulate: 2 }));
    await trainer.fit({
      train: batches(1, 2, 3, 4),
      validation: batches(5, 6, 7),
      epochs: 2,
      limitTrainBatches: 3,
      limitValidationBatches: 2,
    });
    expect(trainer.trained).toEqual([0, 1, 2, 0, 1, 2]);
    expect(trainer.validated).toEqual([0, 1, 0, 1]);
    expect(trainer.progress).toMatchObject({ batch: 3, step: 4 });
    expect(trainer.history.valid["loss"]).toEqual([5.5, 5.5]);
    await trainer.fit({ train: batches(1), epochs: 1, limitTrainBatches: Infinity });
    expect(trainer.progress.batch).toBe(1);
  });

  test("fastRun goes once through every stage, with two windows and two validation batches, whatever the other limits", async () => {
    const trainer = new Recorder(scalarOptions({ accumulate: 2 }));
    const options = { train: batches(1, 2, 3, 4, 5, 6, 7), validation: batches(1, 2, 3), epochs: 50, validateEvery: { epochs: 10 } };
    expect(await trainer.fit({ ...options, fastRun: true })).toEqual({ reason: "1 epochs", interrupted: false });
    expect(trainer.progress).toMatchObject({ epoch: 1, batch: 4, step: 2 });
    expect(trainer.history.valid["loss"]).toEqual([1.5]);
  });
});

describe("validateEvery", () => {
  const train = batches(1, 1, 1);
  const validation = batches(1);
  test.each([
    [undefined, ["epoch 1, step 3", "epoch 2, step 6", "epoch 3, step 9", "epoch 4, step 12", "epoch 5, step 15"]],
    [{ epochs: 2 }, ["epoch 2, step 6", "epoch 4, step 12", "epoch 5, step 15"]],
    [
      { steps: 2 },
      [
        "epoch 1, step 2",
        "epoch 2, step 4",
        "epoch 2, step 6",
        "epoch 3, step 8",
        "epoch 4, step 10",
        "epoch 4, step 12",
        "epoch 5, step 14",
        "epoch 5, step 15",
      ],
    ],
    [{ steps: 5 }, ["epoch 2, step 5", "epoch 4, step 10", "epoch 5, step 15"]],
    [{ steps: 100 }, ["epoch 5, step 15"]],
  ])("%j; the last epoch always, and no step twice", async (validateEvery, expected) => {
    const trainer = new Recorder(scalarOptions());
    await trainer.fit({ train, validation, epochs: 5, ...(validateEvery && { validateEvery }) });
    expect(trainer.validations).toEqual(expected);
  });

  test("an epoch that a limit of steps or stop() makes the last one is validated", async () => {
    for (const stop of [false, true]) {
      class Stopped extends Recorder {
        protected override onOptimizerStep(): void {
          if (stop && this.progress.step === 4) this.stop("enough");
        }
      }
      const trainer = new Stopped(scalarOptions());
      await trainer.fit({ train, validation, validateEvery: { epochs: 10 }, steps: stop ? 9 : 4 });
      expect(trainer.validations).toEqual(["epoch 2, step 4"]);
    }
  });

  test("counts epochs in this fit, steps over all fits", async () => {
    const trainer = new Recorder(scalarOptions());
    for (let i = 0; i < 2; i++) await trainer.fit({ train, validation, epochs: 3, validateEvery: { epochs: 2 } });
    await trainer.fit({ train, validation, epochs: 1, validateEvery: { steps: 20 } });
    expect(trainer.validations).toEqual([
      "epoch 2, step 6",
      "epoch 3, step 9",
      "epoch 2, step 15",
      "epoch 3, step 18",
      "epoch 1, step 20",
      "epoch 1, step 21",
    ]);
  });
});

describe("sources", () => {
  const generator = function* () {
    yield* batches(1, 2);
  };
  async function* asynchronous() {
    for (const value of batches(1, 2)) yield await Promise.resolve(value);
  }
  test.each([
    ["an array", () => batches(1, 2)],
    ["a set", () => new Set(batches(1, 2))],
    ["a generator function", () => generator],
    ["an async generator function", () => asynchronous],
    ["an async iterable", () => ({ [Symbol.asyncIterator]: asynchronous })],
  ])("%s serves every pass", async (_, source) => {
    const trainer = new ScalarTrainer(scalarOptions());
    await trainer.fit({ train: source(), validation: source(), epochs: 3 });
    expect(await trainer.w()).toBe(1 - 0.5 * 9);
    expect(trainer.history.valid["loss"]).toEqual([1.5, 1.5, 1.5]);
  });

  test("an iterator serves one pass; the second one is an error that says what to pass", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    const source = generator();
    await trainer.fit({ train: source, epochs: 1 });
    expect(trainer.progress.step).toBe(2);
    await expect(trainer.fit({ train: source, epochs: 1 })).rejects.toMatchObject({
      code: "ONE_SHOT_LOADER",
      message: expect.stringContaining("train: () => batches()"),
    });
    await expect(trainer.fit({ train: batches(1), validation: generator(), epochs: 2 })).rejects.toMatchObject({ code: "ONE_SHOT_LOADER" });
  });

  test("a source without a batch is an error, for training", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    await expect(trainer.fit({ train: [], epochs: 1 })).rejects.toMatchObject({ code: "EMPTY_LOADER" });
    await trainer.fit({ train: batches(1), validation: [], epochs: 1 });
    expect(trainer.history).toEqual({ train: { loss: [NaN, 1] }, valid: {} }); // the first epoch has begun, too
  });

  test("a source that is left early is told so", async () => {
    let left = 0;
    function* watched() {
      try {
        yield* batches(1, 2, 3);
      } finally {
        left += 1;
      }
    }
    const trainer = new ScalarTrainer(scalarOptions());
    await trainer.fit({ train: watched, validation: watched, epochs: 2, limitTrainBatches: 2, limitValidationBatches: 1 });
    expect(left).toBe(4);
    class Failing extends ScalarTrainer {
      protected override trainingStep(): StepResult {
        throw new Error("the step failed");
      }
    }
    await expect(new Failing(scalarOptions()).fit({ train: watched, epochs: 1 })).rejects.toThrow("the step failed");
    expect(left).toBe(5);
  });
});

describe("a second fit", () => {
  test("trains further: counters, weights and history go on, and a line says from where", async () => {
    const options = scalarOptions();
    const trainer = new ScalarTrainer(options);
    await trainer.fit({ train: batches(1, 2), epochs: 2 });
    expect(await trainer.fit({ train: batches(4), validation: batches(3), epochs: 3 })).toEqual({ reason: "3 epochs", interrupted: false });
    expect(trainer.progress).toEqual({ fit: 2, epoch: 3, globalEpoch: 5, batch: 1, step: 7, samples: 7 });
    expect(await trainer.w()).toBe(1 - 0.5 * 6 - 0.5 * 12);
    expect(trainer.history).toEqual({
      train: { loss: [(1 + 0.5 * 2) / 2, (-0.5 - 1 * 2) / 2, -2 * 4, -4 * 4, -6 * 4] },
      valid: { loss: [NaN, NaN, 3, 3, 3] },
    });
    expect(saidTimeless(options.logger)).toEqual([
      "[  1/2] loss:1.000",
      "[  2/2] loss:-1.250",
      "Fit 2 starts from the last weights (step 4).",
      "[  1/3] loss:-8.000 | (val) loss:3.000",
      "[  2/3] loss:-16.000 | (val) loss:3.000",
      "[  3/3] loss:-24.000 | (val) loss:3.000",
    ]);
  });

  test("starts from the best weights after useBest(), from given ones after setModelWeights()", async () => {
    const options = scalarOptions();
    const trainer = new ScalarTrainer(options);
    await expect(trainer.useBest()).rejects.toMatchObject({ code: "NO_BEST" });
    let pass = 0;
    await trainer.fit({ train: batches(2), validation: () => batches([1, 0.5, 3][pass++]!), epochs: 3 });
    expect(trainer.bestModelState).toMatchObject({ monitor: "loss", value: 0.5, epoch: 2, step: 2 });
    expect(await trainer.w()).toBe(-2);
    await trainer.useBest();
    expect(await trainer.w()).toBe(-1);
    await trainer.fit({ train: batches(2), epochs: 1 });
    expect(await trainer.w()).toBe(-2);
    await trainer.setModelWeights({ w: { dtype: "float32", shape: [], data: Float32Array.of(10) } });
    await trainer.fit({ train: batches(2), epochs: 1 });
    expect(await trainer.w()).toBe(9);
    await trainer.fit({ train: batches(2), epochs: 1 });
    expect(said(options.logger).filter((line) => line.startsWith("Fit "))).toEqual([
      "Fit 2 starts from the best weights (step 3).",
      "Fit 3 starts from the weights that were set (step 4).",
      "Fit 4 starts from the last weights (step 5).",
    ]);
  });

  test("follows one that failed anywhere: it begins a new epoch and trains all of it", async () => {
    for (const failing of ["trainingStep", "onTrainBatchEnd", "validationStep", "onValidationEpochEnd", "onTrainEpochEnd"]) {
      const trainer = new ScalarTrainer(scalarOptions());
      const intact = Object.assign(trainer, {
        [failing]: () => {
          throw new Error(failing);
        },
      });
      await expect(
        trainer.fit({ train: batches(1, 2, 3), validation: batches(1), epochs: 2, validateEvery: { steps: 2 } }),
        failing,
      ).rejects.toThrow(failing);
      expect(trainer, failing).toMatchObject({ training: false, phase: "idle" });
      delete (intact as unknown as Record<string, unknown>)[failing];
      const { step } = trainer.progress;
      expect(await trainer.fit({ train: batches(1, 2, 3), epochs: 1 }), failing).toEqual({ reason: "1 epochs", interrupted: false });
      expect(trainer.progress, failing).toMatchObject({ fit: 2, epoch: 1, batch: 3, step: step + 3 });
    }
  });
});

describe("stop(reason)", () => {
  const hooks = [
    "onFitStart",
    "onTrainEpochStart",
    "onTrainBatchStart",
    "onTrainBatchEnd",
    "onOptimizerStep",
    "onValidationEpochStart",
    "onValidationBatchStart",
    "onValidationBatchEnd",
    "onValidationEpochEnd",
    "onTrainEpochEnd",
  ] as const;
  test.each(hooks)("from %s finishes the fit properly", async (hook) => {
    let asked = 0;
    let ended = "";
    const epochs: TrainEpochMetrics[] = [];
    const trainer = new ScalarTrainer(scalarOptions());
    Object.assign(trainer, {
      [hook]: () => void (asked++ === 0 && trainer.stop("enough")),
      onFitEnd: (reason: string) => void (ended = reason),
      ...(hook !== "onTrainEpochEnd" && { onTrainEpochEnd: (metrics: TrainEpochMetrics) => void epochs.push(metrics) }),
    });
    expect(await trainer.fit({ train: batches(1, 1, 1), validation: batches(4), epochs: 5 })).toEqual({
      reason: "enough",
      interrupted: false,
    });
    expect(ended).toBe("enough");
    const inTraining = ["onTrainBatchStart", "onTrainBatchEnd", "onOptimizerStep"].includes(hook);
    const steps = hook === "onFitStart" || hook === "onTrainEpochStart" ? 0 : inTraining ? 1 : 3;
    expect(trainer.progress.step).toBe(steps);
    expect(trainer.history.valid["loss"]).toEqual(hook === "onFitStart" ? undefined : [4]);
    if (hook !== "onTrainEpochEnd") expect(epochs.map(({ valid }) => valid)).toEqual(hook === "onFitStart" ? [] : [{ loss: 4 }]);
    // A later fit is not touched by it.
    expect(await trainer.fit({ train: batches(1), epochs: 2 })).toEqual({ reason: "2 epochs", interrupted: false });
  });

  test("the first reason wins, and stop() outside of a fit means nothing to the next one", async () => {
    class Undecided extends ScalarTrainer {
      protected override onOptimizerStep(): void {
        this.stop("first");
        this.stop("second");
      }
      protected override onFitEnd(): void {
        this.stop("at the end");
      }
    }
    const trainer = new Undecided(scalarOptions());
    trainer.stop("before");
    expect(await trainer.fit({ train: batches(1), epochs: 2 })).toEqual({ reason: "first", interrupted: false });
    expect((await trainer.captureState())["finish"]).toBe(null);
    expect(await trainer.fit({ train: batches(1), epochs: 2 })).toEqual({ reason: "first", interrupted: false });
  });
});

describe("an AbortSignal", () => {
  test("that is aborted before ends the fit before its first epoch; it can go on later", async () => {
    const options = scalarOptions();
    const trainer = new ScalarTrainer(options);
    expect(await trainer.fit({ train: batches(1), epochs: 2, signal: AbortSignal.abort("not now") })).toEqual({
      reason: "not now",
      interrupted: true,
    });
    expect(trainer.progress).toMatchObject({ epoch: 0, step: 0 });
    expect(said(options.logger)).toEqual(["Stopped at epoch 0, step 0: not now."]);
    const later = new ScalarTrainer(scalarOptions());
    await later.applyState(await trainer.captureState());
    expect(await later.fit({ train: batches(1), epochs: 2 })).toEqual({ reason: "2 epochs", interrupted: false });
    expect(later.progress).toMatchObject({ fit: 1, epoch: 2, step: 2 });
  });

  test("stops after the running step, without closing the epoch, and the saved point is a stop", async () => {
    const controller = new AbortController();
    const points: string[] = [];
    const ends: string[] = [];
    class Aborting extends ScalarTrainer {
      protected override onTrainBatchStart(): void {
        if (this.progress.step === 4) controller.abort("the user");
      }
      protected override onFitEnd(reason: string): void {
        ends.push(reason);
      }
      protected override onTrainEpochEnd(): void {
        ends.push("epoch");
      }
      protected override savePoint(kind: string): void {
        points.push(`${kind} ${this.progress.step}`);
      }
    }
    const trainer = new Aborting(scalarOptions());
    expect(await trainer.fit({ train: batches(1, 2, 3), validation: batches(1), epochs: 5, signal: controller.signal })).toEqual({
      reason: "the user",
      interrupted: true,
    });
    expect(trainer.progress).toMatchObject({ epoch: 2, batch: 2, step: 5 });
    expect(ends).toEqual(["epoch", "the user"]);
    expect(points).toEqual(["step 1", "step 2", "step 3", "epoch 3", "step 4", "step 5", "stop 5"]);
    expect(trainer.history.train["loss"]).toHaveLength(1);
  });

  test("in a validation drops it; it stays due and comes first in the fit that goes on", async () => {
    const calls: string[] = [];
    let controller = new AbortController();
    class Aborting extends ScalarTrainer {
      protected override onTrainBatchStart(): void {
        calls.push(`train ${this.progress.step}`);
      }
      protected override onValidationBatchEnd(_outputs: unknown, _batch: unknown, index: number): void {
        calls.push(`validate ${index}`);
        if (index === 1) controller.abort("now");
      }
      protected override onValidationEpochEnd(metrics: EpochMetrics): void {
        calls.push(`validated ${metrics["loss"]}`);
      }
    }
    for (const validateEvery of [{ steps: 1 }, { epochs: 1 }]) {
      calls.length = 0;
      controller = new AbortController();
      const options = { train: batches(1, 2), validation: batches(3, 4, 5), epochs: 1, validateEvery };
      const trainer = new Aborting(scalarOptions());
      expect(await trainer.fit({ ...options, signal: controller.signal })).toMatchObject({ interrupted: true });
      expect(trainer.history.valid).toEqual({});
      expect(trainer.bestModelState).toBeUndefined();
      const trained = "steps" in validateEvery ? ["train 0"] : ["train 0", "train 1"];
      expect(calls).toEqual([...trained, "validate 0", "validate 1"]);
      calls.length = 0;
      const later = new Aborting(scalarOptions());
      await later.applyState(await trainer.captureState());
      await later.fit(options);
      expect(calls.slice(0, 4)).toEqual(["validate 0", "validate 1", "validate 2", "validated 4"]);
      expect(later.history.valid["loss"]).toEqual([4]);
      expect(later.progress.step).toBe(2);
    }
  });

  test("makes later calls return at once: no hook, no batch, one line each", async () => {
    const options = scalarOptions();
    const trainer = new ScalarTrainer(options);
    await trainer.fit({ train: batches(1), validation: batches(1), epochs: 2, signal: AbortSignal.abort("enough") });
    const touched = () => {
      throw new Error("touched");
    };
    Object.assign(trainer, { onFitStart: touched, onValidationEpochStart: touched, validationStep: touched, predictStep: touched });
    options.logger.all.length = 0;
    expect(await trainer.fit({ train: batches(1), epochs: 1 })).toEqual({ reason: "enough", interrupted: true });
    expect(await trainer.validate(batches(1))).toEqual({});
    expect(await trainer.test(batches(1))).toEqual({});
    expect(await trainer.predictAll(batches(1))).toEqual([]);
    expect(said(options.logger)).toEqual(
      ["fit", "validate", "test", "predict"].map((call) => `${call}() is passed over: the run was stopped (enough).`),
    );
    expect(trainer.progress).toMatchObject({ fit: 1, step: 0 });
  });

  test("says the reason also where it is an error", async () => {
    const fit = (signal: AbortSignal) => new ScalarTrainer(scalarOptions()).fit({ train: batches(1), epochs: 1, signal });
    expect((await fit(AbortSignal.abort())).reason).toBe("This operation was aborted");
    expect((await fit(AbortSignal.abort(new Error("the disk is full")))).reason).toBe("the disk is full");
  });

  test("that is aborted while the fit is being finished leaves it finished", async () => {
    const controller = new AbortController();
    class Late extends ScalarTrainer {
      protected override onFitEnd(): void {
        controller.abort("late");
      }
    }
    const trainer = new Late(scalarOptions());
    const options = { train: batches(1), epochs: 1, signal: controller.signal };
    expect(await trainer.fit(options)).toEqual({ reason: "1 epochs", interrupted: false });
    expect(await trainer.fit(options)).toEqual({ reason: "late", interrupted: true });
  });

  test("is left alone afterwards", async () => {
    const controller = new AbortController();
    const trainer = new ScalarTrainer(scalarOptions());
    await trainer.fit({ train: batches(1), epochs: 1, signal: controller.signal });
    controller.abort("too late");
    expect(await trainer.fit({ train: batches(1), epochs: 1 })).toMatchObject({ interrupted: false });
  });
});

describe("one call at a time", () => {
  test("a second one while the first runs is refused by name; afterwards it is welcome", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    const running = trainer.fit({ train: batches(1), epochs: 1 });
    const busy = { code: "BUSY", message: expect.stringContaining("while fit() runs") };
    await expect(trainer.fit({ train: batches(1), epochs: 1 })).rejects.toMatchObject(busy);
    await expect(trainer.validate(batches(1))).rejects.toMatchObject(busy);
    await expect(trainer.test(batches(1))).rejects.toMatchObject(busy);
    await expect(trainer.predictAll(batches(1))).rejects.toMatchObject(busy);
    await running;
    const iteration = trainer.predict(batches(1, 2));
    await iteration.next();
    await expect(trainer.fit({ train: batches(1), epochs: 1 })).rejects.toMatchObject({
      code: "BUSY",
      message: expect.stringContaining("while predict() runs"),
    });
    await iteration.return();
    expect(await trainer.validate(batches(1))).toEqual({ loss: 1 });
  });

  test("also from a hook", async () => {
    const trainer = new ScalarTrainer(
      scalarOptions({
        callbacks: [
          { onTrainEpochEnd: (running) => void (inner = running.validate(batches(1)).catch((error: { code: string }) => error.code)) },
        ],
      } satisfies Partial<TrainerOptions>),
    );
    let inner: Promise<unknown> | undefined;
    await trainer.fit({ train: batches(1), epochs: 1 });
    expect(await inner).toBe("BUSY");
  });
});

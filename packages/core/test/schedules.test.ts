import {
  adam,
  cosine,
  exponential,
  reduceOnPlateau,
  sgd,
  stepDecay,
  warmup,
  type MetricSchedule,
  type Schedule,
  type ScheduleMoment,
} from "@snapfit/optim";
import type * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { EarlyStopper, type OptimizerConfiguration, type StepResult, type TrainerOptions } from "../src/index.js";
import { batches, passes, said, ScalarTrainer, scalarOptions } from "./support/scalar.js";

const optimizer = () => sgd({ learningRate: 0.001 });
const rateLines = (options: ReturnType<typeof scalarOptions>) => said(options.logger).filter((line) => line.startsWith("Learning rate"));

/** Writes down the rate before every step. */
class Rates extends ScalarTrainer {
  readonly rates: number[] = [];
  protected override onTrainBatchStart(): void {
    this.rates.push(this.learningRates["default"]!);
  }
}

describe("schedules", () => {
  test("by epoch: the rate changes between epochs and says so", async () => {
    const options = scalarOptions({ optimizer: optimizer(), schedule: exponential({ factor: 0.5 }) });
    const trainer = new Rates(options);
    await trainer.fit({ train: batches(1, 1), epochs: 2 });
    await trainer.fit({ train: batches(1, 1), epochs: 1 });
    expect(trainer.rates).toEqual([0.001, 0.001, 0.0005, 0.0005, 0.00025, 0.00025]);
    expect(rateLines(options)).toEqual([
      "Learning rate updated: 0.001000 → 0.000500",
      "Learning rate updated: 0.000500 → 0.000250",
      "Learning rate updated: 0.000250 → 0.000125",
    ]);
    // 1 - the sum of rates, each times a gradient of 1
    expect(await trainer.w()).toBeCloseTo(1 - 0.0035, 6);
  });

  test("a schedule that drives the momentum is asked in every step", async () => {
    const schedule: Schedule = { unit: "step", at: () => 1, momentumAt: ({ step }) => (step === 2 ? 0.5 : 0) };
    const trainer = new ScalarTrainer(scalarOptions({ optimizer: sgd({ learningRate: 0.125, momentum: 0.9 }), schedule }));
    await trainer.fit({ train: batches(1, 1, 1), epochs: 1 });
    // 1 - 0.125 - 0.125 - 0.125 (0.5 + 1)
    expect(await trainer.w()).toBe(0.5625);
  });

  test("the line comes before the epoch's, names groups by number, and leaves out changes up to 1e-8", async () => {
    const groups = [
      { name: "tiny", match: () => false, learningRate: 1e-8 },
      { name: "slow", match: () => false, learningRate: 0.01 },
    ];
    const options = scalarOptions({
      optimizer: adam({ learningRate: 0.001, groups }),
      schedule: stepDecay({ everyEpochs: 2, factor: 0.1 }),
    });
    await new ScalarTrainer(options).fit({ train: batches(1), epochs: 2 });
    expect(said(options.logger).map((line) => line.replace(/ \(.*s\)/, ""))).toEqual([
      "[  1/2] loss:1.000",
      "Learning rate [group 2] updated: 0.010000 → 0.001000",
      "Learning rate [group 3] updated: 0.001000 → 0.000100",
      expect.stringMatching(/^\[ {2}2\/2\]/),
    ]);
  });

  test("several optimizers are named in the line", async () => {
    class Two extends ScalarTrainer {
      protected override trainingStep(x: tf.Tensor1D): StepResult {
        return { loss: this.forward(x).mean() };
      }
      protected override configureOptimizers(): OptimizerConfiguration {
        return {
          one: { optimizer: optimizer(), parameters: () => true, schedule: exponential({ factor: 0.5 }) },
          two: { optimizer: optimizer(), parameters: () => true, schedule: exponential({ factor: 0.1 }) },
        };
      }
    }
    const options = scalarOptions();
    const trainer = new Two(options);
    await trainer.fit({ train: batches(1), epochs: 1 });
    expect(rateLines(options)).toEqual([
      "Learning rate of one updated: 0.001000 → 0.000500",
      "Learning rate of two updated: 0.001000 → 0.000100",
    ]);
    expect(trainer.learningRates).toEqual({ "one/default": 0.0005, "two/default": 0.0001 });
  });

  test("an optimizer without a parameter is refused by name", async () => {
    class Empty extends ScalarTrainer {
      protected override configureOptimizers(): OptimizerConfiguration {
        return {
          one: { optimizer: optimizer(), parameters: () => true },
          two: { optimizer: optimizer(), parameters: (path) => path.startsWith("head") },
        };
      }
    }
    await expect(new Empty(scalarOptions()).fit({ train: batches(1), epochs: 1 })).rejects.toMatchObject({
      code: "NO_PARAMETERS",
      message: expect.stringContaining('"two" has no parameter to train. The model has w.'),
    });
  });

  test("by step: every step has its rate, and nothing is said", async () => {
    const options = scalarOptions({ optimizer: sgd({ learningRate: 1 }), schedule: cosine() });
    const trainer = new Rates(options);
    await trainer.fit({ train: batches(1, 1), epochs: 2 });
    const expected = [0, 1, 2, 3].map((step) => (1 + Math.cos((Math.PI * step) / 4)) / 2);
    expect(trainer.rates).toEqual(expected);
    expect(await trainer.w()).toBeCloseTo(1 - expected.reduce((sum, rate) => sum + rate), 6);
    expect(rateLines(options)).toEqual([]);
  });

  test("see steps and epochs over all fits, and all steps of this fit at its end", async () => {
    const moments: ScheduleMoment[] = [];
    const schedule: Schedule = { unit: "step", at: ({ step, epoch, totalSteps }) => (moments.push({ step, epoch, totalSteps }), 1) };
    const trainer = new ScalarTrainer(scalarOptions({ schedule, accumulate: 2 }));
    await trainer.fit({ train: batches(1, 1, 1), epochs: 2 });
    await trainer.fit({ train: batches(1, 1, 1), epochs: 9, limitTrainBatches: 2, steps: 3 });
    await trainer.fit({ train: () => batches(1, 1, 1), steps: 1 });
    const unique = new Map(moments.map((moment) => [JSON.stringify(moment), Object.values(moment)]));
    const [atSteps, totals] = [[...unique.values()], [...new Set(moments.map(({ totalSteps }) => totalSteps))]];
    expect(atSteps.filter(([step, epoch]) => step === 2 && epoch === 1)).toEqual([[2, 1, 4]]);
    expect(totals).toEqual([4, 7, 8]);
    expect(Math.max(...moments.map(({ epoch }) => epoch))).toBe(5);
  });

  test("that need the number of steps where it is unknown are an error before the first epoch", async () => {
    for (const fit of [
      { train: () => batches(1), epochs: 2 },
      { train: batches(1), maxSeconds: 5 },
    ]) {
      const trainer = new ScalarTrainer(scalarOptions({ schedule: cosine() }));
      Object.assign(trainer, {
        onFitStart: () => {
          throw new Error("began");
        },
      });
      await expect(trainer.fit(fit)).rejects.toMatchObject({ code: "TOTAL_STEPS_UNKNOWN" });
    }
    await new ScalarTrainer(scalarOptions({ schedule: cosine({ totalSteps: 5 }) })).fit({ train: () => batches(1), epochs: 2 });
  });

  test("by metric: the rate falls when the monitored value has not improved, and is saved", async () => {
    const made = () => scalarOptions({ optimizer: optimizer(), schedule: reduceOnPlateau({ factor: 0.5, patience: 1, monitor: "loss" }) });
    const options = made();
    const trainer = new Rates(options);
    await trainer.fit({ train: batches(1), validation: passes(3, 3, 3, 3, 3, 3), epochs: 6 });
    expect(trainer.rates).toEqual([0.001, 0.001, 0.001, 0.0005, 0.0005, 0.00025]);
    expect(rateLines(options)).toEqual(["Learning rate updated: 0.001000 → 0.000500", "Learning rate updated: 0.000500 → 0.000250"]);
    const later = new Rates(made());
    await later.applyState(await trainer.captureState());
    expect(later.learningRates).toEqual({ default: 0.00025 });
  });

  test("a plateau without monitor takes the valid stopper's and its mode, else the loss", async () => {
    const seen: [number, string][] = [];
    const plateau = (): MetricSchedule => {
      return {
        unit: "metric",
        factor: 1,
        update: (value, mode) => void seen.push([value, mode]),
        saveState: () => ({}),
        loadState: () => undefined,
      };
    };
    class Scored extends ScalarTrainer {
      protected override validationStep(x: tf.Tensor1D): StepResult {
        return { loss: x.mean(), speed: x.mean().mul(2) };
      }
    }
    class Stopping extends Scored {
      protected override configureEarlyStoppers() {
        return { valid: new EarlyStopper({ monitor: "speed", mode: "max" }) };
      }
    }
    for (const Class of [Scored, Stopping])
      await new Class(scalarOptions({ schedule: plateau() })).fit({ train: batches(1), validation: batches(3), epochs: 1 });
    expect(seen).toEqual([
      [3, "min"],
      [6, "max"],
    ]);
  });

  test("a plateau warns once where its monitor is missing, and where there is no validation", async () => {
    for (const [validation, warning] of [
      [batches(1), "ReduceLROnPlateau: monitor key 'acc' not found"],
      [undefined, "ReduceLROnPlateau requires validation outputs"],
    ] as const) {
      const options = scalarOptions({ schedule: reduceOnPlateau({ monitor: "acc" }) });
      await new ScalarTrainer(options).fit({ train: batches(1), epochs: 3, ...(validation && { validation }) });
      expect(options.logger.loud).toEqual([`warning ${warning}`]);
    }
  });

  test("linear warm-up over 1000 steps from 0 to the base rate", async () => {
    const options = scalarOptions({
      optimizer: sgd({ learningRate: 0.1 }),
      schedule: warmup({ steps: 1000 }),
    } satisfies Partial<TrainerOptions>);
    const trainer = new Rates(options);
    await trainer.fit({ train: Array.from({ length: 1002 }, () => batches(1)[0]!), epochs: 1 });
    expect([0, 1, 500, 999, 1000, 1001].map((step) => trainer.rates[step])).toEqual(
      [0, 0.1 / 1000, 0.05, 0.1 * 0.999, 0.1, 0.1].map((rate) => expect.closeTo(rate, 12)),
    );
  });
});

import type { HostTensor, StateRecord } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { directionOf, EarlyStopper, type EarlyStopperOptions, type FitOptions, type StepResult } from "../src/index.js";
import { batches, passes, said, ScalarTrainer, scalarOptions } from "./support/scalar.js";

/** The value at which a stopper stops, and its sentence. */
function stopAt(options: EarlyStopperOptions, values: readonly number[]): [number, string] | undefined {
  const stopper = new EarlyStopper(options);
  for (const [i, value] of values.entries()) {
    const sentence = stopper.update(value);
    if (sentence !== undefined) return [i, sentence];
  }
  return undefined;
}

describe("EarlyStopper", () => {
  test("counts values without an improvement of more than minDelta", () => {
    expect(stopAt({ patience: 2 }, [1, 0.5, 0.6, 0.5, 0.1])).toEqual([
      3,
      "loss has not improved by more than 0.001 for 2 checks (best 0.5000)",
    ]);
    expect(stopAt({ patience: 2, minDelta: 0.25 }, [1, 0.8, 0.5, 0.3, 0.25])).toEqual([
      4,
      "loss has not improved by more than 0.25 for 2 checks (best 0.5000)",
    ]);
    expect(stopAt({ patience: 1, minDelta: 0 }, [1, 0.9999, 0.9999])).toEqual([
      2,
      "loss has not improved by more than 0 for 1 checks (best 0.9999)",
    ]);
    expect(stopAt({ patience: 2, monitor: "acc" }, [0.1, 0.3, 0.2, 0.4, 0.4, 0.2])?.[0]).toBe(5);
  });

  test("a gain of exactly minDelta is none, and small ones add up", () => {
    expect(stopAt({ patience: 1, minDelta: 0.25 }, [1, 0.75])?.[0]).toBe(1);
    expect(stopAt({ patience: 2, minDelta: 0.25 }, [1, 0.8, 0.7, 0.6, 0.4])).toBeUndefined();
  });

  test("bears 10 by default; patience 0 is as 1", () => {
    expect(stopAt({}, Array<number>(20).fill(1))?.[0]).toBe(10);
    expect(stopAt({ patience: 0 }, [1, 1])?.[0]).toBe(1);
    expect(stopAt({ patience: 0 }, [3, 2, 1])).toBeUndefined();
    expect(stopAt({ patience: Infinity }, Array<number>(99).fill(1))).toBeUndefined();
  });

  test("stops at a target, beyond a divergence, and at what is not finite", () => {
    expect(stopAt({ monitor: "acc", targetValue: 0.99 }, [0.5, 0.98, 0.99])).toEqual([2, "acc 0.9900 reached the target 0.9900"]);
    expect(stopAt({ targetValue: 0.1 }, [0.5, 0.2, 0.05])).toEqual([2, "loss 0.05000 reached the target 0.1000"]);
    expect(stopAt({ divergence: 10 }, [1, 10, 11])).toEqual([2, "loss 11 is worse than 10"]);
    expect(stopAt({ monitor: "acc", divergence: 0.1 }, [0.5, 0.1, 0.05])).toEqual([2, "acc 0.05000 is worse than 0.1000"]);
    expect(stopAt({}, [1, NaN])).toEqual([1, "loss NaN is not finite"]);
    expect(stopAt({}, [1, -Infinity])).toEqual([1, "loss -Infinity is not finite"]);
    expect(stopAt({ stopOnNonFinite: false, patience: 2 }, [1, NaN, 0.5, NaN, Infinity])).toEqual([
      4,
      "loss has not improved by more than 0.001 for 2 checks (best 0.5000)",
    ]);
    expect(stopAt({ stopOnNonFinite: false, patience: 2 }, [NaN, NaN])).toEqual([
      1,
      "loss has not improved by more than 0.001 for 2 checks (best NaN)",
    ]);
  });

  test.each([
    ["loss", "min"],
    ["val/loss", "min"],
    ["generator_loss", "min"],
    ["perClassError", "min"],
    ["rmse", "min"],
    ["acc", "max"],
    ["imageAuroc", "max"],
    ["top5", "max"],
    ["macro_f1", "max"],
    ["rouge1_f1", "max"],
    ["accuracy", "max"],
    ["speed", undefined],
    ["lossless", undefined],
    ["accent", undefined],
  ] as const)("the name %s says %s", (name, mode) => {
    expect(directionOf(name)).toBe(mode);
    if (mode !== undefined) expect(new EarlyStopper({ monitor: name }).mode).toBe(mode);
    else
      expect(() => new EarlyStopper({ monitor: name })).toThrow(
        expect.objectContaining({ code: "MODE_UNKNOWN", message: expect.stringContaining(`"${name}" is better. Give mode`) }),
      );
    expect(new EarlyStopper({ monitor: name, mode: "max" }).mode).toBe("max");
  });

  test.each([
    [{ patience: -1 }, "OPTION_INVALID", "EarlyStopper got patience: -1"],
    [{ patience: NaN }, "OPTION_INVALID", "EarlyStopper got patience: NaN"],
    [{ minDelta: -0.1 }, "OPTION_INVALID", "minDelta: -0.1"],
    [{ mode: "maximum" }, "OPTION_INVALID", 'mode: "maximum". It takes "max" or "min"'],
    [{ patiance: 3 }, "OPTION_UNKNOWN", 'no option "patiance". Did you mean "patience"?'],
  ])("%j is refused", (options, code, message) => {
    expect(() => new EarlyStopper(options as EarlyStopperOptions)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test("a state of another monitor is left out", () => {
    const stopper = new EarlyStopper({ patience: 3 });
    for (const value of [1, 2]) stopper.update(value);
    const state: StateRecord = stopper.saveState();
    const same = new EarlyStopper({ patience: 3 });
    same.loadState(state);
    expect(same.best).toBe(1);
    expect([same.update(2), same.update(2)]).toEqual([undefined, expect.any(String)]);
    const other = new EarlyStopper({ monitor: "acc", patience: 3 });
    other.loadState(state);
    expect(other.best).toBe(NaN);
  });
});

interface Stoppers {
  train?: EarlyStopper;
  valid?: EarlyStopper;
}

class Stopping extends ScalarTrainer {
  readonly calls: string[] = [];
  readonly #stoppers: Stoppers;
  constructor(stoppers: Stoppers, options = scalarOptions()) {
    super(options);
    this.#stoppers = stoppers;
  }
  protected override trainingStep(x: tf.Tensor1D): StepResult {
    return { loss: this.forward(x).mean(), seen: x.mean() };
  }
  protected override configureEarlyStoppers(): Stoppers {
    return this.#stoppers;
  }
  protected override onValidationEpochEnd(): void {
    this.calls.push(`validated ${this.progress.epoch}`);
  }
  protected override onTrainEpochEnd(): void {
    this.calls.push(`ended ${this.progress.epoch}`);
  }
}

async function fitted(stoppers: Stoppers, given: Partial<FitOptions<tf.Tensor1D>> & { readonly train?: () => HostTensor<1>[] }) {
  const options = scalarOptions();
  const trainer = new Stopping(stoppers, options);
  const result = await trainer.fit({ train: batches(1), epochs: 20, ...given } as FitOptions<tf.Tensor1D>);
  return { trainer, ...result, lines: said(options.logger) };
}

describe("in a fit", () => {
  test("the valid stopper ends it after the validation, with its sentence in the log and the result", async () => {
    const valid = new EarlyStopper({ patience: 2 });
    const { trainer, reason, interrupted, lines } = await fitted({ valid }, { validation: passes(3, 1, 2, 2, 9) });
    expect(trainer.validEarlyStopper).toBe(valid);
    expect(trainer.trainEarlyStopper).toBeUndefined();
    expect(reason).toBe("early stopping: loss has not improved by more than 0.001 for 2 checks (best 1)");
    expect(interrupted).toBe(false);
    expect(trainer.progress.epoch).toBe(4);
    expect(lines.filter((line) => !line.startsWith("["))).toEqual([
      "Early stopping: loss has not improved by more than 0.001 for 2 checks (best 1).",
    ]);
    expect(trainer.history.valid["loss"]).toEqual([3, 1, 2, 2]);
  });

  test("patience counts validations, also those within an epoch", async () => {
    const { trainer } = await fitted(
      { valid: new EarlyStopper({ patience: 2 }) },
      { validation: passes(1, 1, 1, 1, 1), train: () => batches(1, 1, 1, 1), validateEvery: { steps: 1 } },
    );
    expect(trainer.progress).toMatchObject({ epoch: 1, step: 3 });
    expect(trainer.calls).toEqual(["validated 1", "validated 1", "validated 1", "ended 1"]);
  });

  test("the weights are the last ones then; the best ones are kept by strict improvement, which minDelta does not move", async () => {
    const { trainer } = await fitted(
      { valid: new EarlyStopper({ patience: 3, minDelta: 0.5 }) },
      { validation: passes(3, 2.9, 2.8, 2.8, 0) },
    );
    expect(trainer.progress.epoch).toBe(4);
    expect(await trainer.w()).toBe(-1);
    const { weights, ...best } = trainer.bestModelState!;
    expect(best).toEqual({ monitor: "loss", value: Math.fround(2.8), epoch: 3, step: 3 });
    expect(weights["w"]!.data).toEqual(Float32Array.of(-0.5));
    await trainer.useBest();
    expect(await trainer.w()).toBe(-0.5);
  });

  test("a value that is not finite is never the best", async () => {
    const { trainer } = await fitted(
      { valid: new EarlyStopper({ stopOnNonFinite: false }) },
      { validation: passes(Infinity, NaN, 5, -Infinity, 4, 6), epochs: 6 },
    );
    expect(trainer.bestModelState).toMatchObject({ value: 4, epoch: 5 });
  });

  test("the best follows the valid stopper's monitor and mode", async () => {
    class Scored extends Stopping {
      protected override validationStep(x: tf.Tensor1D): StepResult {
        return { acc: x.mean() };
      }
    }
    const trainer = new Scored({ valid: new EarlyStopper({ monitor: "acc", patience: 9 }) });
    await trainer.fit({ train: batches(1), validation: passes(0.1, 0.7, 0.3), epochs: 3 });
    expect(trainer.bestModelState).toMatchObject({ monitor: "acc", value: Math.fround(0.7), epoch: 2 });
  });

  test("the train stopper sees the epoch's means, after the validation", async () => {
    const seen = new EarlyStopper({ monitor: "seen", mode: "min", patience: 2 });
    let pass = 0;
    const { trainer, reason } = await fitted({ train: seen }, { train: () => batches([5, 4, 4, 4, 1][pass++]!), validation: batches(1) });
    expect(trainer.trainEarlyStopper).toBe(seen);
    expect(reason).toBe("early stopping: seen has not improved by more than 0.001 for 2 checks (best 4)");
    expect(trainer.calls.slice(-2)).toEqual(["validated 4", "ended 4"]);
  });

  test("an epoch that the train stopper makes the last one is validated", async () => {
    const { trainer } = await fitted(
      { train: new EarlyStopper({ monitor: "seen", mode: "min", patience: 1 }) },
      { train: () => batches(1), validation: batches(1), validateEvery: { epochs: 10 } },
    );
    expect(trainer.calls).toEqual(["ended 1", "validated 2", "ended 2"]);
  });

  test("a stopper counts on in the next fit", async () => {
    const { trainer } = await fitted({ valid: new EarlyStopper({ patience: 3 }) }, { validation: passes(1, 1, 1), epochs: 3 });
    expect(await trainer.fit({ train: batches(1), validation: batches(1), epochs: 9 })).toMatchObject({
      reason: expect.stringMatching(/^early stopping/),
    });
    expect(trainer.progress.epoch).toBe(1);
  });

  test("a monitor that is not there is said once for each name, with those that are; training goes on", async () => {
    const stoppers = { valid: new EarlyStopper({ monitor: "acc" }), train: new EarlyStopper({ monitor: "accuracy" }) };
    const options = scalarOptions();
    const trainer = new Stopping(stoppers, options);
    await trainer.fit({ train: batches(1), validation: batches(1), epochs: 3 });
    expect(options.logger.loud).toEqual([
      "error Monitor key 'acc' not found. There are: loss.",
      "error Monitor key 'accuracy' not found. There are: loss, seen.",
    ]);
    expect(trainer.progress.epoch).toBe(3);
    expect(trainer.bestModelState).toBeUndefined();
  });

  test("a resumed run stops at the same epoch", async () => {
    const values = [3, 1, 2, 2, 2, 2, 2];
    const whole = await fitted({ valid: new EarlyStopper({ patience: 4 }) }, { validation: passes(...values) });
    expect(whole.trainer.progress.epoch).toBe(6);
    const { trainer: first } = await fitted({ valid: new EarlyStopper({ patience: 4 }) }, { validation: passes(...values), epochs: 4 });
    const later = new Stopping({ valid: new EarlyStopper({ patience: 4 }) });
    await later.applyState(await first.captureState());
    expect(later.bestModelState).toEqual(first.bestModelState);
    const { reason } = await later.fit({ train: batches(1), validation: passes(...values.slice(4)), epochs: 20 });
    expect(reason).toBe(whole.reason);
    expect(later.history).toEqual(whole.trainer.history);
  });
});

// A script of several fits that is killed and started again: rule 2 of docs/loop.md.
import { equalStates, hostTensor, parseState, stringifyState, type HostTensor, type StateRecord } from "@snapfit/base";
import { arrays, loader, type DataLoader } from "@snapfit/data";
import { adam, cosine, sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { Callback, LogRecord, TrainerOptions } from "../src/index.js";
import type { Lines } from "./support/regression.js";
import { batches, said, saidTimeless, ScalarTrainer, scalarOptions } from "./support/scalar.js";

/** What goes through a file. */
const copyOf = (state: StateRecord) => parseState(stringifyState(state)) as StateRecord;

/** Keeps the state of every save point, as a state manager would. */
class Saving extends ScalarTrainer {
  readonly points: { readonly kind: string; readonly state: StateRecord }[] = [];
  protected override async savePoint(kind: string): Promise<void> {
    this.points.push({
      kind: `${kind} ${this.progress.fit}.${this.progress.epoch}.${this.progress.batch}`,
      state: copyOf(await this.captureState()),
    });
  }
  protected override transferBatch(batch: { readonly values: HostTensor<1> } | HostTensor<1>): unknown {
    return super.transferBatch("values" in batch ? batch.values : batch);
  }
}

function numbers(...values: number[]): DataLoader<HostTensor<1>> {
  const set = arrays({ values: hostTensor(Float32Array.from(values), [values.length]) });
  return loader(set, { batchSize: 1, shuffle: true, seed: 5 }) as unknown as DataLoader<HostTensor<1>>;
}

async function restored(state: StateRecord, options = scalarOptions({ optimizer: adam({ learningRate: 0.1 }) })) {
  const trainer = new Saving(options);
  await trainer.applyState(copyOf(state));
  return Object.assign(trainer, { lines: options.logger });
}

/** The part of a state that does not depend on the clock. */
async function stateOf(trainer: ScalarTrainer): Promise<StateRecord> {
  const { environment: _, ...exact } = await trainer.captureState();
  return exact;
}

interface Script {
  /** Runs the script; what it prints is in `lines`. */
  run(trainer: ScalarTrainer, sources: ReturnType<typeof newSources>): Promise<unknown>;
}

const newSources = () => ({ a: numbers(1, -2, 3), b: numbers(4, 5, -6, 7), validation: numbers(2, 1, 5), otherValidation: numbers(9, 8) });

const scripts: Record<string, Script> = {
  "one loader, best weights between": {
    async run(trainer, { a, validation }) {
      await trainer.fit({ train: a, validation, epochs: 2, limitValidationBatches: 2 });
      await trainer.useBest();
      await trainer.fit({ train: a, validation, epochs: 2, limitValidationBatches: 2, validateEvery: { steps: 2 } });
    },
  },
  "other loaders in the second fit": {
    async run(trainer, { a, b, validation, otherValidation }) {
      await trainer.fit({ train: a, validation, epochs: 2 });
      await trainer.useBest();
      await trainer.fit({ train: b, validation: otherValidation, steps: 5 });
    },
  },
  "stopped by stop(), then weights of its own": {
    async run(trainer, { a, b, validation }) {
      const callback: Callback = {
        onTrainEpochEnd: ({ progress }) => void (progress.fit === 1 && progress.epoch === 2 && trainer.stop("enough")),
      };
      Object.assign(trainer, { onTrainEpochEnd: () => callback.onTrainEpochEnd!(trainer, {}) });
      await trainer.fit({ train: a, validation, epochs: 9, limitValidationBatches: 1 });
      await trainer.setModelWeights({ w: { dtype: "float32", shape: [], data: Float32Array.of(0.25) } });
      await trainer.fit({ train: b, validation, epochs: 1, limitValidationBatches: 1 });
    },
  },
};

describe.each(Object.entries(scripts))("a script of two fits, %s", (_, { run }) => {
  test("killed at any save point and started again ends with the same bits", async () => {
    const whole = new Saving(scalarOptions({ optimizer: adam({ learningRate: 0.1 }) }));
    await run(whole, newSources());
    const expected = await stateOf(whole);
    expect(whole.points.map(({ kind }) => kind.split(" ")[0])).toEqual(expect.arrayContaining(["step", "epoch", "fitEnd"]));
    for (const { kind, state } of whole.points) {
      const trainer = await restored(state);
      await run(trainer, newSources());
      expect(equalStates(expected, await stateOf(trainer)), kind).toBeUndefined();
    }
  });

  test("killed again and again, after each save point, ends with the same bits", async () => {
    const whole = new Saving(scalarOptions({ optimizer: adam({ learningRate: 0.1 }) }));
    await run(whole, newSources());
    class Killed extends Saving {
      protected override async savePoint(kind: string): Promise<void> {
        await super.savePoint(kind);
        throw new Error("killed");
      }
    }
    let state: StateRecord | undefined;
    for (let lives = 1; ; lives++) {
      expect(lives).toBeLessThan(40);
      const trainer = new Killed(scalarOptions({ optimizer: adam({ learningRate: 0.1 }) }));
      if (state) await trainer.applyState(copyOf(state));
      try {
        await run(trainer, newSources());
        expect(equalStates(await stateOf(whole), await stateOf(trainer))).toBeUndefined();
        break;
      } catch (error) {
        if ((error as Error).message !== "killed") throw error;
        state = trainer.points.at(-1)!.state;
      }
    }
  });
});

describe("what a resumed script says", () => {
  test("finished fits are passed over, as are calls that would change the weights; the running fit goes on", async () => {
    const first = new Saving(scalarOptions({ optimizer: adam({ learningRate: 0.1 }) }));
    const validation = batches(2);
    await first.fit({ train: batches(1, 2), validation, epochs: 2 });
    await first.fit({ train: batches(1, 2), epochs: 3 });
    const within = first.points.find(({ kind }) => kind === "step 2.2.1")!.state;
    const trainer = await restored(within);
    const w = await trainer.w();
    expect(await trainer.fit({ train: batches(1, 2), validation, epochs: 2 })).toEqual({ reason: "2 epochs", interrupted: false });
    await trainer.useBest();
    expect(await trainer.setModelWeights({})).toEqual({ missing: [], unexpected: [], different: [] });
    expect(await trainer.validate(validation)).toEqual({ loss: 2 });
    expect(await trainer.test(validation)).toEqual({ loss: 2 });
    expect(await trainer.predictAll(validation)).toEqual([{ dtype: "float32", shape: [1], data: Float32Array.of(Math.fround(2 * w)) }]);
    expect(await trainer.w()).toBe(w);
    await trainer.fit({ train: batches(1, 2), epochs: 3 });
    const passedOver = "is passed over: the restored state already holds what came after it.";
    expect(saidTimeless(trainer.lines)).toEqual([
      "Fit 1 is finished (2 epochs): nothing to do.",
      `useBest() ${passedOver}`,
      `setModelWeights() ${passedOver}`,
      "validate() uses the restored weights of step 7.",
      "test() uses the restored weights of step 7.",
      "predict() uses the restored weights of step 7.",
      "Fit 2 goes on at epoch 2, step 7.",
      "The loader cannot say where it was: skipping the 1 batches of this epoch that were seen. The run equals an uninterrupted one only if it yields the same batches again.",
      expect.stringMatching(/^\[ {2}2\/3\] loss:/),
      expect.stringMatching(/^\[ {2}3\/3\] loss:/),
    ]);
    expect(equalStates(await stateOf(first), await stateOf(trainer))).toBeUndefined();
    await trainer.useBest();
    expect(trainer.lines.all.at(-1)).toMatch(/^info \[ {2}3\/3\]/);
  });

  test("a finished fit of the state does not call hooks again", async () => {
    const first = new Saving(scalarOptions());
    await first.fit({ train: batches(1), epochs: 1 });
    const callbacks = [
      {
        onFitStart: () => {
          throw new Error("called");
        },
      },
    ];
    const trainer = await restored(await first.captureState(), scalarOptions({ callbacks }));
    expect(await trainer.fit({ train: batches(1), epochs: 1 })).toEqual({ reason: "1 epochs", interrupted: false });
  });

  test("what a script logs before the fit that goes on is not logged again: values, texts, histograms of tensors, and evaluations", async () => {
    const rows: string[] = [];
    class Logged extends Saving {
      protected override async onLog(record: LogRecord): Promise<LogRecord> {
        rows.push(`${record.kind} ${record.key} ${record.step}`);
        return record;
      }
    }
    const script = async (trainer: Logged): Promise<void> => {
      trainer.logText("begin", "hello");
      await trainer.fit({ train: numbers(1, 2), epochs: 1 });
      trainer.log("between", 1);
      tf.tidy(() => trainer.logHistogram("weights", tf.tensor1d([1, 2])));
      await trainer.test(numbers(3));
      await trainer.fit({ train: numbers(1, 2), epochs: 1 });
    };
    const options = () => scalarOptions({ optimizer: adam({ learningRate: 0.1 }), logEvery: 2 });
    const whole = new Logged(options());
    await script(whole);
    const all = rows.splice(0);
    const { state } = whole.points.findLast(({ kind }) => kind === "step 2.1.1")!;
    const resumed = new Logged(options());
    await resumed.applyState(copyOf(state));
    rows.length = 0; // the config is told to every process
    const { numTensors } = tf.memory();
    await script(resumed);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(rows).toEqual(all.slice(-rows.length));
    expect(rows).toEqual(["scalars train 4", "scalars epoch 4", "summary fit 4"]);
  });

  test("what it logs after an interruption is left to the run that goes on", async () => {
    const keys: string[] = [];
    class Logged extends Saving {
      protected override async onLog(record: LogRecord): Promise<LogRecord> {
        keys.push(record.key);
        return record;
      }
    }
    await using trainer = new Logged(scalarOptions());
    await trainer.ready();
    keys.length = 0;
    trainer.logText("before", "hello");
    await trainer.fit({ train: numbers(1, 2), epochs: 1, signal: AbortSignal.abort("enough") });
    trainer.logText("after", "bye");
    await trainer.close();
    expect(keys).toEqual(["before"]);
  });

  test("a loader without a state of its own is read past what was seen; nothing is said between epochs", async () => {
    const seen: number[] = [];
    let reads = 0;
    function* source() {
      for (const value of batches(1, 2, 3)) {
        reads += 1;
        yield value;
      }
    }
    class Seeing extends Saving {
      protected override onTrainBatchStart(x: { dataSync(): ArrayLike<number> }): void {
        seen.push(x.dataSync()[0]!);
      }
    }
    const first = new Saving(scalarOptions());
    await first.fit({ train: source, epochs: 2 });
    for (const [kind, rest, skipped] of [
      ["step 1.1.2", [3, 1, 2, 3], 2],
      ["epoch 1.1.3", [1, 2, 3], 0],
      ["step 1.2.3", [], 3],
    ] as const) {
      const options = scalarOptions();
      const trainer = new Seeing(options);
      await trainer.applyState(first.points.find((point) => point.kind === kind)!.state);
      seen.length = reads = 0;
      await trainer.fit({ train: source, epochs: 2 });
      expect(seen, kind).toEqual(rest);
      expect(reads, kind).toBe(rest.length + skipped);
      expect(said(options.logger).filter((line) => line.includes("skipping")).length, kind).toBe(skipped > 0 ? 1 : 0);
      expect(equalStates(await stateOf(first), await stateOf(trainer)), kind).toBeUndefined();
    }
  });

  test("a loader over other data is refused by name, in a running and in a finished fit", async () => {
    const first = new Saving(scalarOptions());
    await first.fit({ train: numbers(1, 2, 3), validation: numbers(1, 2), epochs: 2 });
    const changed = { code: "LOADER_CHANGED", message: expect.stringContaining("samples was 3 and is 4") };
    for (const { state, kind } of first.points) {
      const trainer = await restored(state, scalarOptions());
      await expect(trainer.fit({ train: numbers(1, 2, 3, 4), validation: numbers(1, 2), epochs: 2 }), kind).rejects.toMatchObject(changed);
    }
  });
});

describe("limits that have changed", () => {
  test("a fit that its limit had ended goes on where more is allowed, from every state after it, and says so", async () => {
    const whole = new Saving(scalarOptions());
    await whole.fit({ train: numbers(1, 2), epochs: 4 });
    const short = new Saving(scalarOptions());
    await short.fit({ train: numbers(1, 2), epochs: 2 });
    for (const state of [short.points.at(-1)!.state, await short.captureState()]) {
      const trainer = await restored(state, scalarOptions());
      expect(await trainer.fit({ train: numbers(1, 2), epochs: 4 })).toEqual({ reason: "4 epochs", interrupted: false });
      expect(said(trainer.lines).slice(0, 2)).toEqual([
        "Fit 1 had ended at its limit of 2 epochs; now 4 epochs are allowed, so it goes on.",
        "Fit 1 goes on at epoch 2, step 4.",
      ]);
      expect(await trainer.w()).toBe(await whole.w());
      expect(trainer.history).toEqual(whole.history);
    }
  });

  test.each([
    [{ steps: 3 }, { steps: 5 }, 5],
    [{ epochs: 1, steps: 9 }, { epochs: 3, steps: 9 }, 6],
    [{ epochs: 2 }, { steps: 7 }, 7],
  ])("%j, now %j", async (before, now, steps) => {
    const short = new Saving(scalarOptions());
    await short.fit({ train: numbers(1, 2), ...before });
    const trainer = await restored(await short.captureState(), scalarOptions());
    await trainer.fit({ train: numbers(1, 2), ...now });
    expect(trainer.progress.step).toBe(steps);
  });

  test("the raised limit counts from then on, also for one that was interrupted", async () => {
    const first = new Saving(scalarOptions());
    await first.fit({ train: numbers(1, 2), epochs: 2 });
    const within = first.points.find(({ kind }) => kind === "step 1.2.1")!.state;
    const second = await restored(within, scalarOptions());
    await second.fit({ train: numbers(1, 2), epochs: 3 });
    expect(said(second.lines)[0]).toBe("Fit 1 goes on at epoch 2, step 3. It may now take 3 epochs (before: 2 epochs).");
    const third = await restored(await second.captureState(), scalarOptions());
    await third.fit({ train: numbers(1, 2), epochs: 3 });
    expect(said(third.lines)).toEqual(["Fit 1 is finished (3 epochs): nothing to do."]);
  });

  test("a fit that was stopped, allowed less, or followed by another stays finished", async () => {
    const stopped = new Saving(scalarOptions());
    Object.assign(stopped, { onTrainEpochEnd: () => stopped.stop("enough") });
    await stopped.fit({ train: numbers(1, 2), epochs: 5 });
    const limited = new Saving(scalarOptions());
    await limited.fit({ train: numbers(1, 2), epochs: 2 });
    const followed = new Saving(scalarOptions());
    for (let i = 0; i < 2; i++) await followed.fit({ train: numbers(1, 2), epochs: 2 });
    for (const [trainer, epochs] of [
      [stopped, 9],
      [limited, 1],
      [followed, 9],
    ] as const) {
      const again = await restored(await trainer.captureState(), scalarOptions());
      await again.fit({ train: numbers(1, 2), epochs });
      expect(said(again.lines)).toEqual([expect.stringMatching(/^Fit 1 is finished \((enough|2 epochs)\): nothing to do\.$/)]);
    }
  });

  test("a changed number of steps in all is said, since schedules follow it", async () => {
    const options = () => scalarOptions({ optimizer: sgd({ learningRate: 0.1 }), schedule: cosine() } satisfies Partial<TrainerOptions>);
    const first = new Saving(options());
    await first.fit({ train: numbers(1, 2), epochs: 2 });
    const within = first.points.find(({ kind }) => kind === "step 1.1.1")!.state;
    const lines = async (fit: { epochs: number; limitTrainBatches?: number } | { maxSeconds: number }, forget = false) => {
      const trainer = await restored(within, options());
      await trainer.fit({ train: forget ? () => numbers(1, 2) : numbers(1, 2), ...fit }).catch(() => undefined);
      return (trainer.lines as Lines).loud;
    };
    expect(await lines({ epochs: 2 })).toEqual([]);
    expect(await lines({ epochs: 3 })).toEqual([
      "warning This fit now has 6 steps in all; before it had 4. Schedules follow the new number.",
    ]);
    expect(await lines({ epochs: 2, limitTrainBatches: 1 })).toEqual([
      "warning This fit now has 2 steps in all; before it had 4. Schedules follow the new number.",
    ]);
    expect(await lines({ epochs: 2 }, true)).toEqual([
      "warning This fit now has an unknown number of steps in all; before it had 4. Schedules follow the new number.",
    ]);
  });
});

describe("states", () => {
  test("of another version or form are refused", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    await expect(trainer.applyState({ version: 2 })).rejects.toMatchObject({ code: "STATE_VERSION" });
    await expect(trainer.applyState(await trainer.saveState())).rejects.toMatchObject({ code: "STATE_MALFORMED" });
  });

  test("without counters and history begin at 0, and an optimizer that is not in them starts anew, which is said", async () => {
    const options = scalarOptions();
    const trainer = new ScalarTrainer(options);
    const { weights } = await trainer.captureState();
    await trainer.applyState({ weights: weights! });
    expect(trainer.progress).toEqual({ fit: 0, epoch: 0, globalEpoch: 0, batch: 0, step: 0, samples: 0 });
    expect(options.logger.loud).toEqual(['warning The state holds nothing of the optimizer "default": it starts anew.']);
    await trainer.fit({ train: batches(1), epochs: 1 });
    expect(trainer.progress.step).toBe(1);
  });
});

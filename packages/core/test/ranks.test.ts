import { equalStates, hostTensor, type ProcessGroup, type StateRecord } from "@snapfit/base";
import { arrays, loader, type DataLoader } from "@snapfit/data";
import { mean } from "@snapfit/metrics";
import { adam, sgd } from "@snapfit/optim";
import { onRanks, TestRanks } from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { EarlyStopper, type FitOptions, type Gradients, type LogRecord, type StepResult, type TrainerOptions } from "../src/index.js";
import {
  failureOf,
  Lines,
  maxDifference,
  maxDistance,
  plain,
  quietly,
  Regression,
  rowsIn,
  squaredError,
  type HostRows,
  type Rows,
} from "./support/regression.js";

/** The regression, on whatever ranks its group has. */
class Shared extends Regression.addOn(TestRanks) {
  readonly records: LogRecord[] = [];
  onEvent: (step: number) => void = () => undefined;
  protected override async setup(): Promise<void> {
    await super.setup();
    this.addLogSink({ name: "records", write: (record) => void this.records.push(record) });
  }
}

class WithDropout extends Shared {
  protected override onOptimizerStep(): void {
    this.onEvent(this.progress.step);
  }
  protected override trainingStep({ x, y }: Rows): StepResult {
    const predicted = this.dropout(this.forward(this.dropout(x, 0.2)), 0.3);
    this.log("mean", x.mean());
    return { loss: squaredError(predicted, y), size: x.shape[0]! };
  }
  protected override validationStep({ x, y }: Rows): StepResult {
    const predicted = this.forward(x);
    const byRow = predicted.sub(y).square().mean(1);
    this.log("logged", x.mean());
    return { loss: byRow.mean(), outputs: { byRow } };
  }
  protected override configureMetrics() {
    return { valid: { error: mean({ values: "byRow" }) } };
  }
  protected override computeMetrics(outputs: Record<string, { data: ArrayLike<number> }>): Record<string, number> {
    const values = Array.from(outputs["byRow"]!.data);
    return { worst: Math.max(...values), count: values.length, first: values[0]! };
  }
}

interface Ran {
  readonly weights: Record<string, number[]>;
  readonly raw: Awaited<ReturnType<Regression["modelWeights"]>>;
  readonly trainer: Shared;
  readonly state: StateRecord;
}

const samples = (count: number, seed = 1) => arrays({ ...rowsIn([count], seed)[0]! });
const rowsLoader = (count: number, batchSize: number, seed = 1): DataLoader<HostRows> =>
  loader(samples(count, seed), { batchSize, shuffle: true, seed: 2 }) as unknown as DataLoader<HostRows>;

async function run(
  group: ProcessGroup | undefined,
  Class: typeof Shared,
  options: Partial<TrainerOptions>,
  fit: FitOptions<Rows>,
): Promise<Ran> {
  const trainer = new Class(
    quietly({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), logEvery: 2, ...options, ...(group && { processGroup: group }) }),
  );
  await trainer.fit(fit);
  const state = await trainer.captureState();
  const raw = await trainer.modelWeights();
  await trainer.close();
  return { weights: plain(raw), raw, trainer, state };
}

describe("two ranks equal one process", () => {
  const cases = [
    { name: "plainly", Class: Shared, count: 24, accumulate: 1 },
    { name: "with dropout", Class: WithDropout, count: 24, accumulate: 1 },
    { name: "with dropout and accumulation", Class: WithDropout, count: 48, accumulate: 2 },
    { name: "with an uneven last window", Class: WithDropout, count: 27, accumulate: 2 },
    { name: "where a rank runs out of batches", Class: WithDropout, count: 25, accumulate: 1 },
  ];
  test.each(cases)("$name", async ({ Class, count, accumulate }) => {
    const fit = (batchSize: number) => ({ train: rowsLoader(count, batchSize), validation: rowsLoader(11, batchSize, 5), epochs: 3 });
    const one = await run(undefined, Class, { accumulate }, fit(8));
    const two = await onRanks(2, (group) =>
      run(group, Class, { accumulate, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) }, fit(4)),
    );
    for (const rank of two) {
      expect(maxDifference(one.raw, rank.raw)).toBeLessThan(1e-6);
      for (const half of ["train", "valid"] as const) {
        for (const [name, values] of Object.entries(one.trainer.history[half])) {
          if (name === "size" || name === "first") continue; // of batches and orders that differ
          expect(maxDistance(values, rank.trainer.history[half][name]!), `${half} ${name}`).toBeLessThan(1e-6);
        }
      }
      expect({ ...rank.trainer.progress, batch: 0 }).toEqual({ ...one.trainer.progress, batch: 0 });
    }
    expect(two[0]!.weights).toEqual(two[1]!.weights);
    expect(two[0]!.trainer.history).toEqual(two[1]!.trainer.history);
    if (Class === WithDropout) expect(one.trainer.history.valid["count"]).toEqual([11, 11, 11]);
    // What was logged within steps and validations is merged too.
    const logged = (records: readonly LogRecord[]) =>
      records.flatMap((record) =>
        record.kind === "scalars" ? [[record.values["train/mean"] ?? 0, record.values["valid/logged"] ?? 0]] : [],
      );
    const own = logged(one.trainer.records);
    logged(two[0]!.trainer.records).forEach((values, i) => expect(maxDistance(values, own[i]!)).toBeLessThan(1e-6));
  });
});

test("samples count over all ranks, batches on the rank's own", async () => {
  const sizes = [[4, 3], [2]];
  const ran = await onRanks(2, (group) =>
    run(group, Shared, { optimizer: sgd({ learningRate: 0.1 }) }, { train: rowsIn(sizes[group.rank]!), epochs: 2 }),
  );
  expect(ran.map(({ trainer }) => ({ ...trainer.progress }))).toEqual([
    { fit: 1, epoch: 2, globalEpoch: 2, batch: 2, step: 4, samples: 18 },
    { fit: 1, epoch: 2, globalEpoch: 2, batch: 1, step: 4, samples: 18 },
  ]);
});

test("a rank without any batch takes part with zeros; if no rank has one, all say so", async () => {
  const train = (rank: number): HostRows[] => (rank === 0 ? rowsIn([4, 4]) : []);
  const two = await onRanks(2, (group) =>
    run(group, Shared, { optimizer: sgd({ learningRate: 0.1 }) }, { train: train(group.rank), epochs: 1 }),
  );
  const one = await run(undefined, Shared, { optimizer: sgd({ learningRate: 0.1 }) }, { train: train(0), epochs: 1 });
  expect(maxDifference(one.raw, two[1]!.raw)).toBeLessThan(1e-6);
  await expect(
    onRanks(2, (group) => run(group, Shared, { optimizer: sgd({ learningRate: 0.1 }) }, { train: [], steps: 2 })),
  ).rejects.toMatchObject({ code: "EMPTY_LOADER" });
});

test("what any rank has a gradient for is updated on all, what none has is left alone", async () => {
  class Partial extends Shared {
    readonly applied: string[] = [];
    protected override trainingStep({ x, y }: Rows): StepResult {
      const model = this.model as tf.LayersModel;
      const hidden = model.layers[0]!.apply(x) as tf.Tensor2D;
      // Rank 0 trains the hidden layer alone, rank 1 the kernel of the head as well; nobody its bias.
      return {
        loss:
          this.processGroup.rank === 0
            ? hidden.mean()
            : hidden
                .matMul(model.layers[1]!.getWeights()[0] as tf.Tensor2D)
                .mean()
                .add(y.mean()),
      };
    }
    protected override applyGradients(gradients: Gradients): void {
      this.applied.push([...gradients.keys()].join());
      super.applyGradients(gradients);
    }
  }
  const ran = await onRanks(2, (group) => run(group, Partial, { optimizer: adam() }, { train: rowsIn([4]), epochs: 1 }));
  for (const { trainer } of ran) expect((trainer as Partial).applied).toEqual(["hidden.kernel,hidden.bias,head.kernel"]);
  expect(ran[0]!.weights).toEqual(ran[1]!.weights);
});

describe("a wish to stop", () => {
  test("on one rank stops all of them, after the same step and with the same reason", async () => {
    class Stopping extends Shared {
      protected override onTrainBatchEnd(): void {
        if (this.processGroup.rank === 1 && this.progress.step === 2) this.stop("enough");
      }
    }
    const ran = await onRanks(2, async (group) => {
      const trainer = new Stopping(quietly({ optimizer: sgd({ learningRate: 0.1 }), processGroup: group }));
      const result = await trainer.fit({ train: rowsIn([2, 2, 2, 2, 2, 2]), validation: rowsIn([2]), epochs: 5 });
      return { result, step: trainer.progress.step, valid: trainer.history.valid };
    });
    expect(ran[0]).toEqual({ result: { reason: "enough", interrupted: false }, step: 3, valid: { loss: [expect.any(Number)] } });
    expect(ran[1]).toEqual(ran[0]);
  });

  // Every place where ranks could come to different decisions: an abort of rank 1 alone, at each call of a hook.
  test("by a signal on one rank, at any moment, interrupts all at the same place", async () => {
    class Counting extends Shared {
      events = 0;
      #count(): void {
        this.onEvent(++this.events);
      }
      protected override onTrainEpochStart(): void {
        this.#count();
      }
      protected override onTrainBatchEnd(): void {
        this.#count();
      }
      protected override onOptimizerStep(): void {
        this.#count();
      }
      protected override onValidationEpochStart(): void {
        this.#count();
      }
      protected override onValidationBatchEnd(): void {
        this.#count();
      }
      protected override onValidationEpochEnd(): void {
        this.#count();
      }
      protected override onTrainEpochEnd(): void {
        this.#count();
      }
    }
    const runAborted = (abortAt: number | undefined, kind: "abort" | "stop", from?: readonly StateRecord[]) =>
      onRanks(2, async (group) => {
        const trainer = new Counting(quietly({ optimizer: sgd({ learningRate: 0.1 }), processGroup: group }));
        const controller = new AbortController();
        trainer.onEvent = (event) => {
          if (event !== abortAt || group.rank !== 1) return;
          if (kind === "abort") controller.abort("abort");
          else trainer.stop("stop");
        };
        await trainer.ready();
        if (from) await trainer.applyState(from[group.rank]!);
        const result = await trainer.fit({
          train: rowsLoader(12, 2),
          validation: rowsLoader(6, 2, 5),
          epochs: 2,
          signal: controller.signal,
        });
        return {
          result,
          progress: { ...trainer.progress },
          history: trainer.history,
          state: await trainer.captureState(),
          events: trainer.events,
        };
      });
    const whole = (await runAborted(undefined, "abort"))[0]!;
    expect(whole.events).toBeGreaterThan(15);
    for (let at = 1; at <= whole.events; at++) {
      for (const kind of ["abort", "stop"] as const) {
        const [first, second] = await runAborted(at, kind);
        expect(second, `${kind} at event ${at}`).toEqual({ ...first, events: second!.events });
        if (kind === "stop" || !first!.result.interrupted) continue;
        const [resumed] = await runAborted(undefined, kind, [first!.state, second!.state]);
        const { environment: _, ...exact } = resumed!.state;
        const { environment: __, ...expected } = whole.state;
        expect(equalStates(expected, exact), `resumed after event ${at}`).toBeUndefined();
      }
    }
  });

  test("an early stopper sees merged values and stops all ranks", async () => {
    class Stopped extends Shared {
      protected override configureEarlyStoppers() {
        return { valid: new EarlyStopper({ patience: 1, minDelta: 10 }), train: new EarlyStopper({ targetValue: 0 }) };
      }
    }
    const ran = await onRanks(2, async (group) => {
      const trainer = new Stopped(quietly({ optimizer: sgd({ learningRate: 0.1 }), processGroup: group }));
      const result = await trainer.fit({ train: rowsIn([2, 2], 1 + group.rank), validation: rowsIn([2], 8 + group.rank), epochs: 5 });
      return { result, history: trainer.history, best: trainer.bestModelState!.value };
    });
    expect(ran[0]!.history.train["loss"]).toHaveLength(2);
    expect(ran[1]).toEqual(ran[0]);
  });
});

describe("state", () => {
  test("captured on two ranks is one tree on both, and resumes to the same bits", async () => {
    const one = (group: ProcessGroup) =>
      new WithDropout(quietly({ optimizer: adam({ learningRate: 0.01 }), processGroup: group, accumulate: 2 }));
    const data = () => ({ train: rowsLoader(27, 3), validation: rowsLoader(10, 2, 5) });
    const whole = await onRanks(2, async (group) => {
      const trainer = one(group);
      await trainer.fit({ ...data(), epochs: 3 });
      return trainer.captureState();
    });
    const halves = await onRanks(2, async (group) => {
      const trainer = one(group);
      const controller = new AbortController();
      trainer.onEvent = (step) => step === 4 && controller.abort("pause");
      await trainer.fit({ ...data(), epochs: 3, signal: controller.signal });
      return trainer.captureState();
    });
    expect(equalStates(halves[0]!, halves[1]!)).toBeUndefined();
    expect(halves[0]!["perRank"]).toHaveLength(2);
    const resumed = await onRanks(2, async (group) => {
      const trainer = one(group);
      await trainer.ready();
      await trainer.applyState(halves[0]!);
      await trainer.fit({ ...data(), epochs: 3 });
      return trainer.captureState();
    });
    const { environment: _, ...expected } = whole[0]!;
    const { environment: __, ...exact } = resumed[1]!;
    expect(equalStates(expected, exact)).toBeUndefined();
  });

  test("of another number of ranks loads, with a warning, and goes on from its weights", async () => {
    const [state] = (await onRanks(2, async (group) => {
      const trainer = new Shared(quietly({ optimizer: adam(), processGroup: group }));
      await trainer.fit({ train: rowsLoader(16, 4), epochs: 1 });
      return trainer.captureState();
    })) as [StateRecord];
    const logger = new Lines();
    const alone = new Shared(quietly({ optimizer: adam(), logger }));
    await alone.applyState(state);
    expect(logger.loud).toEqual([
      "warning The state is of 2 ranks, this run has 1: random streams and loader positions of ranks begin anew.",
    ]);
    expect(plain(await alone.modelWeights())).toEqual(plain(state["weights"] as never));
    await alone.fit({ train: rowsLoader(16, 4), epochs: 2 });
    expect(alone.progress).toMatchObject({ fit: 1, epoch: 2, step: 2 + 4 });
    await alone.close();
  });
});

test("an error on one rank ends the call on all: it comes unchanged there, and as the cause elsewhere", async () => {
  const thrown = new Error("only here");
  class Failing extends Shared {
    protected override onTrainBatchEnd(): void {
      if (this.processGroup.rank === 1) throw thrown;
    }
  }
  const { inProcessGroups } = await import("@snapfit/base");
  const before = tf.memory().numTensors;
  const trainers = inProcessGroups(2).map(
    (group) => new Failing(quietly({ optimizer: sgd({ learningRate: 0.1 }), processGroup: group, model: () => tinyModel() })),
  );
  const errors = await Promise.all(trainers.map((trainer) => failureOf(trainer.fit({ train: rowsIn([2, 2]), epochs: 1 }))));
  expect(errors[1]).toBe(thrown);
  expect(errors[0]).toMatchObject({ code: "GROUP_ABORTED", cause: thrown });
  for (const trainer of trainers) {
    (trainer.model as tf.LayersModel).dispose();
    await trainer.close();
  }
  expect(tf.memory().numTensors).toBe(before);
});

function tinyModel(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.dense({ name: "head", units: 2, inputShape: [3] })] });
}

test("the ranks take the seed of rank 0, and so begin with the same weights", async () => {
  const weights = await onRanks(2, async (group) => {
    const { seed: _, ...options } = quietly({ processGroup: group, model: tinyModel, optimizer: sgd({ learningRate: 1 }) });
    const trainer = new Shared(options);
    await trainer.ready();
    const own = plain(await trainer.modelWeights());
    await trainer.close();
    return own;
  });
  expect(weights[0]).toEqual(weights[1]);
  expect(hostTensor(Float32Array.from(weights[0]!["head.kernel"]!), [3, 2]).data.some((value) => value !== 0)).toBe(true);
});

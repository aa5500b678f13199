import { hostTensor, type HostTensor } from "@snapfit/base";
import { adam, sgd } from "@snapfit/optim";
import { expectNoTensorLeak } from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Gradients, type LogRecord, type NamedOptimizer, type StepResult } from "../src/index.js";
import { blockingReads, DEVICE, registerDeviceBackend } from "./support/device-backend.js";
import {
  failureOf,
  Lines,
  maxDifference,
  maxDistance,
  plain,
  quietly,
  Regression,
  rows,
  type HostRows,
  type Rows,
} from "./support/regression.js";

beforeAll(registerDeviceBackend);
afterEach(() => expect(blockingReads.splice(0)).toEqual([]));

/** Everything that reads something: outputs, scalars of several types, logs, a clipped norm. */
class Reading extends Regression {
  readonly records: LogRecord[] = [];
  protected override async setup(): Promise<void> {
    await super.setup();
    this.addLogSink({ name: "records", write: (record) => void this.records.push(record) });
  }
  protected override trainingStep(batch: Rows): StepResult {
    const predicted = this.dropout(this.forward(batch.x), 0.1);
    const error = predicted.sub(batch.y);
    this.log("logged", error.abs().max());
    this.logHistogram("errors", error);
    this.logImage("image", error.abs().minimum(1) as tf.Tensor);
    return { loss: error.square().mean(), close: error.abs().less(1).sum(), outputs: { predicted } };
  }
  protected override validationStep(batch: Rows): StepResult {
    const result = super.validationStep(batch);
    this.log("logged", result.loss!);
    return { ...result, close: batch.x.greater(0).sum() };
  }
  protected override computeMetrics(outputs: Record<string, HostTensor>): Record<string, number> {
    return { outputs: outputs["predicted"]!.data.length };
  }
}

async function everything(device: string) {
  const trainer = new Reading(
    quietly({ device, optimizer: adam({ learningRate: 0.01 }), clip: { norm: 0.5, value: 0.2 }, accumulate: 2, logEvery: 2 }),
  );
  const train = rows(5);
  await trainer.fit({ train, validation: rows(2, 4, 9), epochs: 2, validateEvery: { steps: 2 } });
  const validated = await trainer.validate(rows(1, 4, 9));
  const predicted = await trainer.predictAll(rows(2, 3, 9));
  const state = await trainer.captureState();
  await trainer.applyState(state);
  await trainer.useBest();
  const weights = await trainer.modelWeights();
  const { history, records } = trainer;
  await trainer.close();
  return { history, records, validated, predicted, weights };
}

test("fit, validate, predict and saving read nothing with blocking, and compute what they do in host memory", async () => {
  const onDevice = await everything(DEVICE);
  const onHost = await everything("cpu");
  expect(maxDifference(onDevice.weights, onHost.weights)).toBeLessThan(1e-6);
  for (const [name, values] of Object.entries(onHost.history.train))
    expect(maxDistance(values, onDevice.history.train[name]!), name).toBeLessThan(1e-6);
  expect(onDevice.validated["outputs"]).toBe(8);
  const scalars = (records: readonly LogRecord[]) =>
    records.flatMap((record) =>
      record.kind === "scalars"
        ? [
            `${record.step} ${record.key} ${Object.entries(record.values)
              .map(([name, value]) => `${name} ${value.toFixed(4)}`)
              .join(" ")}`,
          ]
        : [],
    );
  expect(scalars(onDevice.records)).toEqual(scalars(onHost.records));
  expect(onDevice.records.map(({ kind, step, key }) => `${kind} ${step} ${key}`)).toEqual(
    onHost.records.map(({ kind, step, key }) => `${kind} ${step} ${key}`),
  );
});

test("several optimizers: the scalars of all wait for the logging point", async () => {
  class Two extends Regression {
    protected override trainingStep(batch: Rows, _index: number, name: string): StepResult {
      const { loss } = super.trainingStep(batch, 0, name);
      return { loss: loss!, [`of_${name}`]: loss!.mul(2) };
    }
    protected override configureOptimizers(): Record<string, NamedOptimizer> {
      return {
        hidden: { optimizer: sgd({ learningRate: 0.1 }), parameters: (path) => path.startsWith("hidden") },
        head: { optimizer: adam(), parameters: (path) => path.startsWith("head") },
      };
    }
  }
  const histories = [];
  for (const device of [DEVICE, "cpu"]) {
    await using trainer = new Two(quietly({ device }));
    await trainer.fit({ train: rows(3), epochs: 2 });
    histories.push(trainer.history.train);
  }
  expect(Object.keys(histories[0]!)).toEqual(["hidden_loss", "of_hidden", "head_loss", "of_head"]);
  for (const [name, values] of Object.entries(histories[1]!)) expect(maxDistance(values, histories[0]![name]!)).toBeLessThan(1e-6);
});

/** A batch whose values are not finite. */
function spoilt(size = 4): HostRows {
  const [batch] = rows(1, size) as [HostRows];
  return {
    ...batch,
    y: hostTensor(
      Float32Array.from(batch.y.data, () => NaN),
      [size, 2],
    ),
  };
}
function overflowing(size = 4): HostRows {
  const [batch] = rows(1, size) as [HostRows];
  return {
    ...batch,
    y: hostTensor(
      Float32Array.from(batch.y.data, () => 3e38),
      [size, 2],
    ),
  };
}

describe("what is not finite", () => {
  const batches = () => [...rows(3), spoilt(), ...rows(2, 4, 5)];

  test("in host memory is an error that names step, batch and parameters, before any bit of a weight is touched", async () => {
    const trainer = new Regression(quietly({ optimizer: adam(), clip: { norm: 1 } }));
    const reference = new Regression(quietly({ optimizer: adam(), clip: { norm: 1 } }));
    await reference.fit({ train: batches().slice(0, 3), epochs: 1 });
    await expect(trainer.fit({ train: batches(), epochs: 1 })).rejects.toMatchObject({
      code: "NOT_FINITE",
      message:
        "loss is NaN, and gradients of hidden.kernel, hidden.bias, head.kernel, head.bias are not finite in step 4 (epoch 1, batch 4). The weights are still those of step 3. Lower the learning rate, clip gradients, or look at the batch for values out of range.",
    });
    expect(plain(await trainer.modelWeights())).toEqual(plain(await reference.modelWeights()));
    expect(await trainer.optimizer!.saveState()).toEqual(await reference.optimizer!.saveState());
    expect(trainer.progress).toMatchObject({ step: 3, batch: 3 });
  });

  test("in a gradient alone names that parameter", async () => {
    class Spoilt extends Regression {
      protected override reduceGradients(gradients: Gradients): Gradients {
        return new Map([...gradients].map(([path, gradient]) => [path, path === "head.bias" ? tf.tidy(() => gradient.div(0)) : gradient]));
      }
    }
    await using trainer = new Spoilt(quietly({ optimizer: adam() }));
    await expect(trainer.fit({ train: rows(2), epochs: 1 })).rejects.toThrow(
      /^gradients of head.bias are not finite in step 1 \(epoch 1, batch 1\)\. The weights are still those of step 0\./,
    );
  });

  test("in a window names the batch whose loss it was, or the batches of the window", async () => {
    await using trainer = new Regression(quietly({ optimizer: adam(), accumulate: 3 }));
    await expect(trainer.fit({ train: [...rows(4), spoilt(), ...rows(1)], epochs: 1 })).rejects.toThrow(/in step 2 \(epoch 1, batch 5\)/);
    class Infinite extends Regression {
      protected override scaleLoss(loss: tf.Tensor): tf.Tensor {
        return this.progress.step === 1 ? super.scaleLoss(loss).mul(Infinity) : super.scaleLoss(loss);
      }
    }
    await using other = new Infinite(quietly({ optimizer: adam(), accumulate: 3 }));
    await expect(other.fit({ train: rows(5), epochs: 1 })).rejects.toThrow(/in step 2 \(epoch 1, batches 4 to 5\)/);
  });

  // With a limit of the norm, zeros times a scale made of that norm would be NaN again.
  test.each([
    { clip: undefined, bad: spoilt },
    { clip: { norm: 1 }, bad: spoilt },
    { clip: { norm: 1, value: 0.1 }, bad: overflowing },
  ])("on a device is guarded at once and told at the next logging point: %j", async ({ clip, bad }) => {
    const seen: { step: number; finite: boolean }[] = [];
    class Watched extends Regression {
      protected override async onOptimizerStep(): Promise<void> {
        const weights = await this.modelWeights();
        seen.push({ step: this.progress.step, finite: Object.values(weights).every(({ data }) => data.every(Number.isFinite)) });
      }
    }
    await using trainer = new Watched(quietly({ device: DEVICE, optimizer: adam(), ...(clip && { clip }), logEvery: 5 }));
    await expect(trainer.fit({ train: [...rows(3), bad(), ...rows(2, 4, 5)], epochs: 1 })).rejects.toMatchObject({
      code: "NOT_FINITE",
      message: expect.stringMatching(/^Gradients were not finite in step 4\. .*the weights are still finite/),
    });
    expect(seen.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(seen.every(({ finite }) => finite)).toBe(true);
  });

  test("on a device is told before a save, and where a run is interrupted", async () => {
    await using trainer = new Regression(quietly({ device: DEVICE, optimizer: adam(), logEvery: 100 }));
    const controller = new AbortController();
    const source = function* (): Generator<HostRows> {
      yield spoilt();
      yield rows(1)[0]!;
      controller.abort("pause");
      yield rows(1)[0]!;
    };
    await expect(trainer.fit({ train: source, epochs: 1, signal: controller.signal })).rejects.toThrow(
      /^Gradients were not finite in step 1\./,
    );
    class Saving extends Regression {
      protected override async savePoint(): Promise<void> {
        await this.captureState();
      }
    }
    await using saving = new Saving(quietly({ device: DEVICE, optimizer: adam(), logEvery: 100 }));
    await expect(saving.fit({ train: [rows(1)[0]!, spoilt(), rows(1)[0]!], epochs: 1 })).rejects.toThrow(
      /^Gradients were not finite in step 2\./,
    );
    expect(saving.progress.step).toBe(2);
  });

  test("a large norm of a device is said once an epoch, at the logging point", async () => {
    class Steep extends Regression {
      protected override trainingStep(batch: Rows): StepResult {
        return { loss: super.trainingStep(batch, 0, "").loss!.mul(1000) };
      }
    }
    const logger = new Lines();
    await using trainer = new Steep(
      quietly({ device: DEVICE, optimizer: sgd({ learningRate: 1e-6 }), clip: { norm: 1 }, logEvery: 2, logger }),
    );
    await trainer.fit({ train: rows(4), epochs: 1 });
    expect(logger.loud).toEqual([expect.stringMatching(/^warning Large gradient norm: \d+\.\d\d$/)]);
  });
});

describe("nothing stays on the device", () => {
  test("after a fit, an abort, and a throw", async () => {
    class Failing extends Reading {
      fails = false;
      protected override onTrainBatchEnd(): void {
        if (this.fails && this.progress.batch === 2) throw new Error("now");
      }
    }
    await using trainer = new Failing(quietly({ device: DEVICE, optimizer: sgd({ learningRate: 0.1 }), logEvery: 3 }));
    await trainer.fit({ train: rows(2), epochs: 1 });
    await expectNoTensorLeak(() => trainer.fit({ train: rows(4), validation: rows(2), epochs: 2 }));
    trainer.fails = true;
    await expectNoTensorLeak(() => failureOf(trainer.fit({ train: rows(4), epochs: 1 })));
    trainer.fails = false;
    await expectNoTensorLeak(() =>
      failureOf(
        trainer.validate(function* () {
          yield rows(1)[0]!;
          throw new Error("no more");
        }),
      ),
    );
    const controller = new AbortController();
    const source = function* (): Generator<HostRows> {
      yield* rows(2);
      controller.abort();
      yield* rows(1);
    };
    expect(await expectNoTensorLeak(() => trainer.fit({ train: source, epochs: 1, signal: controller.signal }))).toMatchObject({
      interrupted: true,
    });
  });
});

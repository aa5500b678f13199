import { hostTensor } from "@snapfit/base";
import { exponential, sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import {
  defineAddOn,
  histogramOf,
  type AddOnBase,
  type Adds,
  type LogRecord,
  type LogSink,
  type OptimizerConfiguration,
  type RunInfo,
  type StepResult,
  type TrainerOptions,
} from "../src/index.js";
import { failureOf, Lines } from "./support/regression.js";
import { batch, batches, ScalarTrainer, scalarOptions } from "./support/scalar.js";

/** A sink that keeps everything. */
class Rows implements LogSink {
  readonly rows: LogRecord[] = [];
  readonly calls: string[] = [];
  run: RunInfo | undefined;
  constructor(readonly name = "rows") {}
  open(run: RunInfo): void {
    this.run = run;
  }
  write(record: LogRecord): void {
    this.rows.push(record);
    this.calls.push("write");
  }
  flush(): void {
    this.calls.push("flush");
  }
  /** Rows of a kind, as `key step value`, the row first. */
  of(kind: LogRecord["kind"]): unknown[] {
    return this.rows
      .filter((row) => row.kind === kind)
      .map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !["kind", "epoch", "fit"].includes(name))));
  }
}

class Logged extends ScalarTrainer {
  readonly sinks: readonly LogSink[];
  constructor(sinks: LogSink | readonly LogSink[], options: TrainerOptions = scalarOptions()) {
    super(options);
    this.sinks = [sinks].flat();
  }
  protected override setup(): void {
    for (const sink of this.sinks) this.addLogSink(sink);
  }
}

describe("records of training", () => {
  test("are means since the last record, weighted by the batch, with the rate, every logEvery steps and at the epoch's end", async () => {
    const rows = new Rows();
    const trainer = new Logged(
      rows,
      scalarOptions({ optimizer: sgd({ learningRate: 0.5 }), schedule: exponential({ factor: 0.5 }), logEvery: 2 }),
    );
    await trainer.fit({ train: [batch(1, 1, 1), batch(2), batch(4)], validation: batches(7), epochs: 2 });
    // w: 1, 0.5, -0.5, -2.5 | rates 0.5 then 0.25: -2.75, -3.25, -4.25
    const train = (step: number, loss: number, norm: number, lr: number) => ({
      key: "train",
      step,
      values: { "train/grad_norm": norm, "train/loss": loss, "train/lr": lr },
    });
    expect(rows.of("scalars")).toEqual([
      train(2, (3 * 1 + 2 * 0.5) / 4, (1 + 2) / 2, 0.5),
      { key: "valid", step: 3, values: { "valid/loss": 7 } },
      train(3, 4 * -0.5, 4, 0.5),
      { key: "epoch", step: 3, values: { epoch: 1, "train/loss_epoch": (3 + 1 - 2) / 5 } },
      train(4, -2.5, 1, 0.25),
      train(6, (2 * -2.75 + 4 * -3.25) / 2, (2 + 4) / 2, 0.25),
      { key: "valid", step: 6, values: { "valid/loss": 7 } },
      { key: "epoch", step: 6, values: { epoch: 2, "train/loss_epoch": (3 * -2.5 + 2 * -2.75 + 4 * -3.25) / 5 } },
    ]);
    expect(rows.rows.every(({ fit }) => fit === 1 || fit === 0)).toBe(true);
    const keys = rows.rows.map(({ fit, step, kind, key }) => [fit, step, kind, key].join());
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("name the rate of each group, and of each optimizer", async () => {
    const groups = [{ name: "head", match: () => false, learningRate: 0.1 }];
    const rates = async (Class: typeof Logged, optimizer?: TrainerOptions["optimizer"]) => {
      const rows = new Rows();
      await new Class(rows, scalarOptions({ ...(optimizer && { optimizer }) })).fit({ train: batches(1), epochs: 1 });
      const { values } = rows.rows.find(({ key }) => key === "train") as { values: Record<string, number> };
      return Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith("train/lr")));
    };
    expect(await rates(Logged, sgd({ learningRate: 0.5, groups }))).toEqual({ "train/lr_head": 0.1, "train/lr": 0.5 });
    class Two extends Logged {
      protected override configureOptimizers(): OptimizerConfiguration {
        return {
          one: { optimizer: sgd({ learningRate: 1 }), parameters: () => true },
          two: { optimizer: sgd({ learningRate: 2, groups }), parameters: () => true },
        };
      }
    }
    expect(await rates(Two)).toEqual({ "train/lr_one": 1, "train/lr_two_head": 0.1, "train/lr_two": 2 });
  });

  test("begin with the options and end with a summary", async () => {
    const rows = new Rows();
    const trainer = new Logged(rows, scalarOptions({ clip: { norm: 100 } }));
    await trainer.fit({ train: batches(1, 1), validation: batches(7), epochs: 1 });
    expect(rows.rows[0]).toMatchObject({
      kind: "config",
      key: "config",
      step: 0,
      values: { clip: { norm: 100 }, seed: 1, device: "cpu", accumulate: 1 },
    });
    expect(rows.rows[0]).not.toHaveProperty("values.model");
    expect(rows.rows.at(-1)).toMatchObject({
      kind: "summary",
      key: "fit",
      fit: 1,
      step: 2,
      values: { "train/loss": 0.75, "valid/loss": 7, "best/loss": 7, "best/epoch": 1, steps: 2, reason: "1 epochs" },
    });
    expect(rows.run).toEqual({ runName: "Logged", step: 0, rank: 0 });
    expect(rows.calls.at(-1)).toBe("flush");
  });

  test("also come from validate() and test()", async () => {
    const rows = new Rows();
    const trainer = new Logged(rows);
    await trainer.validate(batches(3));
    await trainer.test(batches(4));
    expect(rows.of("scalars")).toEqual([
      { key: "valid", step: 0, values: { "valid/loss": 3 } },
      { key: "test", step: 0, values: { "test/loss": 4 } },
    ]);
    expect(rows.calls.filter((call) => call === "flush")).toHaveLength(2);
  });
});

describe("trainer.log", () => {
  const scalarsOf = (rows: Rows, key: string) =>
    rows.rows.flatMap((row) => (row.kind === "scalars" && row.key === key ? [row.values] : []));

  test("within steps: means since the last record, of tensors and numbers, beside the loss", async () => {
    const rows = new Rows();
    class Logging extends Logged {
      protected override trainingStep(x: tf.Tensor1D): StepResult {
        this.log("tensor", x.mean());
        this.log("number", this.progress.step);
        this.log("other/name", 1);
        return { loss: this.forward(x).mean() };
      }
      protected override onTrainBatchStart(): void {
        this.log("start", 5);
      }
      protected override onOptimizerStep(): void {
        this.log("after", 7);
      }
    }
    const trainer = new Logging(rows, scalarOptions({ logEvery: 2 }));
    await trainer.fit({ train: [batch(1, 1, 1), batch(5)], epochs: 1 });
    expect(scalarsOf(rows, "train")).toEqual([
      {
        "train/grad_norm": (1 + 5) / 2,
        "train/loss": 0.75 * 1 + 0.25 * 2.5,
        "train/lr": 0.5,
        "train/tensor": 2,
        "train/number": 0.25,
        "other/name": 1,
        "train/start": 5,
        "train/after": 7,
      },
    ]);
  });

  test("in onTrainBatchStart weighs as its batch does", async () => {
    const rows = new Rows();
    class Logging extends Logged {
      protected override onTrainBatchStart(_: tf.Tensor1D, index: number): void {
        this.log("index", index);
      }
    }
    await new Logging(rows, scalarOptions({ accumulate: 2 })).fit({ train: [batch(1, 1, 1), batch(5)], epochs: 1 });
    expect(scalarsOf(rows, "train")[0]).toMatchObject({ "train/index": 0.25 });
  });

  test("within a validation or a test: means over it, under its name, also from its last hook", async () => {
    const rows = new Rows();
    class Logging extends Logged {
      protected override validationStep(x: tf.Tensor1D): StepResult {
        this.log("seen", x.mean());
        return { loss: x.mean() };
      }
      protected override onValidationEpochEnd(): void {
        this.log("number", 4);
        this.log(
          "tensor",
          tf.tidy(() => tf.scalar(6)),
        );
      }
    }
    const { numTensors } = tf.memory();
    const trainer = new Logging(rows);
    await trainer.fit({ train: batches(1), validation: [batch(1, 1, 1), batch(5)], epochs: 1 });
    expect(scalarsOf(rows, "valid")).toEqual([{ "valid/loss": 2, "valid/seen": 2, "valid/number": 4, "valid/tensor": 6 }]);
    await trainer.test(batches(8));
    expect(scalarsOf(rows, "test")).toEqual([{ "test/loss": 8, "test/seen": 8, "test/number": 4, "test/tensor": 6 }]);
    expect(scalarsOf(rows, "train")).toEqual([{ "train/grad_norm": 1, "train/loss": 1, "train/lr": 0.5 }]);
    expect(tf.memory().numTensors).toBe(numTensors + 1 + 2); // the model; what the hook made itself
  });

  test("between epochs and outside of a fit: a record of its own each, none is lost", async () => {
    const rows = new Rows();
    class Logging extends Logged {
      protected override onFitStart(): void {
        this.log("fit-start", 1);
      }
      protected override onTrainEpochStart(): void {
        this.log("epoch-start", this.progress.epoch);
      }
      protected override onTrainEpochEnd(): void {
        this.log(
          "epoch-end",
          tf.tidy(() => tf.scalar(this.progress.epoch)),
        );
      }
      protected override onFitEnd(): void {
        this.log("fit-end", 3);
      }
    }
    const trainer = new Logging(rows);
    await trainer.fit({ train: batches(1), epochs: 2 });
    trainer.log("final/score", 0.9);
    await trainer.close();
    const own = rows.rows.flatMap((row) =>
      row.kind === "scalars" && !["train", "epoch"].includes(row.key) ? [[row.step, row.key, row.values]] : [],
    );
    expect(own).toEqual([
      [0, "fit-start", { "train/fit-start": 1 }],
      [0, "epoch-start", { "train/epoch-start": 1 }],
      [1, "epoch-end", { "train/epoch-end": 1 }],
      [1, "epoch-start", { "train/epoch-start": 2 }],
      [2, "epoch-end", { "train/epoch-end": 2 }],
      [2, "fit-end", { "train/fit-end": 3 }],
      [2, "final/score", { "final/score": 0.9 }],
    ]);
  });

  test("takes scalars only", async () => {
    const trainer = new Logged(new Rows());
    await trainer.ready();
    expect(() => trainer.log("x", tf.ones([2]))).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
  });
});

describe("other records", () => {
  test("of every kind come with their row at the next logging point, in order, and leave no tensor", async () => {
    const rows = new Rows();
    class Logging extends Logged {
      protected override trainingStep(x: tf.Tensor1D): StepResult {
        if (this.progress.step === 1) {
          this.logText("note", "hello");
          this.logHistogram("weights", x.mul([0, 1, 2, 4]), { numBins: 4 });
          this.logImage("image", tf.ones([2, 2, 1]));
          this.logTable(
            "table",
            ["a", "b"],
            [
              [1, "x"],
              [null, true],
            ],
          );
          this.logFile("file", "out.txt");
          this.alert("hot", "too hot");
          this.alert("fine", "all well", "info");
        }
        return { loss: this.forward(x).mean() };
      }
    }
    const trainer = new Logging(rows, scalarOptions({ logEvery: 3 }));
    await trainer.ready();
    const { numTensors } = tf.memory();
    await trainer.fit({ train: [batch(1, 1, 1, 1), batch(2, 2, 2, 2), batch(1, 1, 1, 1)], epochs: 1 });
    expect(rows.rows.slice(1).map(({ kind, key, step, epoch, fit }) => [kind, key, step, epoch, fit].join(" "))).toEqual([
      "text note 1 1 1",
      "histogram weights 1 1 1",
      "image image 1 1 1",
      "table table 1 1 1",
      "file file 1 1 1",
      "alert hot 1 1 1",
      "alert fine 1 1 1",
      "scalars train 3 1 1",
      "scalars epoch 3 1 1",
      "summary fit 3 1 1",
    ]);
    const byKind = Object.fromEntries(rows.rows.map((row) => [row.kind, row]));
    expect(byKind["text"]).toMatchObject({ text: "hello" });
    expect(byKind["histogram"]).toMatchObject({ edges: [0, 2, 4, 6, 8], counts: [1, 1, 1, 1] });
    expect(byKind["image"]).toMatchObject({ image: hostTensor(Float32Array.of(1, 1, 1, 1), [2, 2, 1]) });
    expect(byKind["table"]).toMatchObject({
      columns: ["a", "b"],
      rows: [
        [1, "x"],
        [null, true],
      ],
    });
    expect(byKind["file"]).toMatchObject({ path: "out.txt" });
    expect(rows.of("alert")).toMatchObject([
      { title: "hot", text: "too hot", level: "warning" },
      { title: "fine", text: "all well", level: "info" },
    ]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test("take host tensors and arrays too; an image has two or three dimensions", async () => {
    const rows = new Rows();
    const trainer = new Logged(rows);
    await trainer.ready();
    trainer.logHistogram("array", [1, 2, 2, NaN]);
    trainer.logHistogram("host", hostTensor(Int32Array.of(3, 3), [2]), { numBins: 1 });
    trainer.logImage("host", { dtype: "uint8", shape: [1, 2], data: Uint8Array.of(0, 255) });
    expect(() => trainer.logImage("flat", tf.ones([4]))).toThrow(
      expect.objectContaining({ code: "SHAPE_MISMATCH", message: expect.stringContaining("[4]") }),
    );
    await trainer.fit({ train: batches(1), epochs: 1 });
    expect(rows.of("histogram")).toMatchObject([
      { key: "array", counts: expect.objectContaining({ 0: 1, 63: 2, length: 64 }) },
      { key: "host", edges: [2.5, 3.5], counts: [2] },
    ]);
    expect(rows.of("image")).toMatchObject([{ image: { dtype: "uint8", shape: [1, 2], data: Uint8Array.of(0, 255) } }]);
  });

  test("queued after the last fit are written when the trainer is closed, before the cleanups", async () => {
    const rows = new Rows();
    class Closing extends Logged {
      protected override setup(): void {
        super.setup();
        this.defer(() => void rows.calls.push("closed"));
      }
    }
    const trainer = new Closing(rows);
    await trainer.fit({ train: batches(1), epochs: 1 });
    trainer.logText("conclusion", "done");
    await trainer.close();
    expect(rows.rows.at(-1)).toMatchObject({ kind: "text", key: "conclusion", text: "done" });
    expect(rows.calls.slice(-3)).toEqual(["write", "flush", "closed"]);
  });

  test("a histogram of nothing finite, or of one value, has bins around it", () => {
    expect(histogramOf([], 2)).toEqual({ edges: [-0.5, 0, 0.5], counts: [0, 0] });
    expect(histogramOf([NaN, Infinity], 2)).toEqual({ edges: [-0.5, 0, 0.5], counts: [0, 0] });
    expect(histogramOf([4, 4], 2)).toEqual({ edges: [3.5, 4, 4.5], counts: [0, 2] });
    expect(histogramOf([0, 1, 2, 3, 4], 2)).toEqual({ edges: [0, 2, 4], counts: [2, 3] });
  });
});

describe("onLog", () => {
  test("may change a record or drop it, before every sink", async () => {
    const [a, b] = [new Rows("a"), new Rows("b")];
    class Filtering extends Logged {
      protected override async onLog(record: LogRecord): Promise<LogRecord | undefined> {
        await Promise.resolve();
        if (record.kind === "config" || record.key === "epoch") return undefined;
        return record.kind === "scalars" ? { ...record, values: { ...record.values, extra: 1 } } : record;
      }
    }
    await new Filtering([a, b]).fit({ train: batches(1), epochs: 1 });
    expect(a.rows.map(({ key }) => key)).toEqual(["train", "fit"]);
    expect(a.rows[0]).toMatchObject({ values: { "train/loss": 1, extra: 1 } });
    expect(b.rows).toEqual(a.rows);
  });
});

describe("sinks", () => {
  test("one that throws is reported once, with its name; the others get every row", async () => {
    for (const failing of ["open", "write", "flush"] as const) {
      const [a, c] = [new Rows("a"), new Rows("c")];
      let calls = 0;
      const b: LogSink = {
        name: "broken",
        write: () => undefined,
        [failing]: async () => {
          calls++;
          throw new Error("no network");
        },
      };
      const options = scalarOptions({ logEvery: 1 });
      await new Logged([a, b, c], options).fit({ train: batches(1, 2), epochs: 1 });
      expect(options.logger.loud, failing).toEqual([
        'error Logger "broken" failed: no network. Training goes on; further failures of it are not shown.',
      ]);
      expect(a.rows, failing).toHaveLength(5);
      expect(c.rows, failing).toEqual(a.rows);
      expect(calls, failing).toBe(failing === "write" ? 5 : 1);
    }
  });

  test("what one does not take is named once a kind, and goes to the others", async () => {
    const all = new Rows("all");
    const scalars: LogSink & { rows: LogRecord[] } = {
      name: "scalars only",
      kinds: ["scalars"],
      rows: [],
      write(record) {
        this.rows.push(record);
      },
    };
    const options = scalarOptions();
    const trainer = new Logged([scalars, all], options);
    await trainer.ready();
    for (const text of ["a", "b"]) trainer.logText(text, text);
    trainer.logFile("f", "f.txt");
    await trainer.fit({ train: batches(1), epochs: 1 });
    expect(scalars.rows.map(({ kind }) => kind)).toEqual(["scalars", "scalars"]);
    expect(all.rows).toHaveLength(7);
    expect(options.logger.loud).toEqual([
      'warning Logger "scalars only" does not take text records; they go to the other loggers only.',
      'warning Logger "scalars only" does not take file records; they go to the other loggers only.',
    ]);
  });

  test("are flushed at the end of a fit, also after a throw", async () => {
    const rows = new Rows();
    const trainer = new Logged(rows);
    Object.assign(trainer, {
      onTrainEpochEnd: () => {
        throw new Error("thrown");
      },
    });
    expect(await failureOf(trainer.fit({ train: batches(1), epochs: 1 }))).toEqual(new Error("thrown"));
    expect(rows.calls.at(-1)).toBe("flush");
  });

  test("are told where a resumed run stands", async () => {
    const first = new Logged(new Rows());
    await first.fit({ train: batches(1), epochs: 3 });
    const state = await first.captureState();
    const rows = new Rows();
    class Restoring extends Logged {
      protected override async restore(): Promise<void> {
        await this.loadState({ ...state, perRank: (state["perRank"] as never[])[0]! });
      }
    }
    await new Restoring(rows, scalarOptions({ runName: "mine" })).ready();
    expect(rows.run).toEqual({ runName: "mine", step: 3, rank: 0 });
  });
});

describe("two loggers as add-ons", () => {
  const logger = <const Name extends string>(name: Name, sink: Rows) =>
    defineAddOn({
      name,
      apply(Base: AddOnBase): Adds {
        abstract class LoggerTrainer extends Base {
          protected override async setup(): Promise<void> {
            await super.setup();
            this.addLogSink(sink);
            this.defer(() => void sink.calls.push("close"));
          }
        }
        return LoggerTrainer;
      },
    });

  test("each get every row exactly once, and are closed", async () => {
    const [a, b] = [new Rows("a"), new Rows("b")];
    const trainer = new (ScalarTrainer.addOn(logger("WandBLike", a), logger("NeptuneLike", b)))(scalarOptions({ logEvery: 2 }));
    await trainer.fit({ train: batches(1, 2, 3), validation: batches(1), epochs: 2 });
    await trainer.close();
    expect(b.rows).toEqual(a.rows);
    const keys = a.rows.map(({ fit, step, kind, key }) => [fit, step, kind, key].join());
    expect(new Set(keys).size).toBe(keys.length);
    expect(a.rows.filter(({ key }) => key === "train").map(({ step }) => step)).toEqual([2, 3, 4, 6]);
    for (const { calls } of [a, b]) expect(calls.at(-1)).toBe("close");
  });
});

test("without a sink nothing is kept for one", async () => {
  const logger = new Lines();
  const trainer = new ScalarTrainer(scalarOptions({ logger, logEvery: 1 }));
  await trainer.fit({ train: batches(1, 2), epochs: 1 });
  expect(logger.loud).toEqual([]);
});

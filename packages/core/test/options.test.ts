import { readdir } from "node:fs/promises";
import { MemoryStorage } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  defineAddOn,
  Trainer,
  type AddOnBase,
  type Adds,
  type FitOptions,
  type Model,
  type StepResult,
  type TrainerOptions,
} from "../src/index.js";
import { failureOf, Lines } from "./support/regression.js";
import { batch, batches, said, ScalarTrainer, scalarModel, scalarOptions } from "./support/scalar.js";

const code = (error: string, message: string | RegExp) =>
  expect.objectContaining({
    name: "SnapfitError",
    code: error,
    message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
  });

describe("the constructor", () => {
  test.each([[{}], [undefined], [{ model: undefined }], [{ model: null }], [{ modle: scalarModel() }]])(
    "without a model, given %j: Model must be provided",
    (options) => {
      expect(() => new ScalarTrainer(options as unknown as TrainerOptions)).toThrow(code("MODEL_MISSING", /^Model must be provided\b/));
    },
  );

  test.each([
    ["a number", 5, "The model is number 5."],
    ["an object without parameters", { weights: [] }, "The model is an object with weights."],
    ["a promise", Promise.resolve(1), "The model is a promise."],
  ])("refuses %s as a model, as does ready() from a function", async (_, model, message) => {
    expect(() => new ScalarTrainer(scalarOptions({ model: model as unknown as Model }))).toThrow(code("MODEL_INVALID", message));
    const made = new ScalarTrainer(scalarOptions({ model: (() => model) as unknown as () => Model }));
    if (!(model instanceof Promise)) await expect(made.ready()).rejects.toThrow(code("MODEL_INVALID", message));
    await expect(new ScalarTrainer(scalarOptions({ model: (() => undefined) as unknown as () => Model })).ready()).rejects.toThrow(
      code("MODEL_INVALID", "Add the return."),
    );
  });

  test.each([
    ["acumulate", 'There is no option "acumulate". Did you mean "accumulate"?'],
    ["lerningRate", 'There is no option "lerningRate". Known: model, loss, optimizer,'],
    ["runname", 'Did you mean "runName"?'],
  ])("names the nearest option for %s", (name, message) => {
    expect(() => new ScalarTrainer(scalarOptions({ [name]: 1 }))).toThrow(code("OPTION_UNKNOWN", message));
  });

  test.each([
    ["accumulate", 0, "a whole number of at least 1"],
    ["accumulate", 1.5, "a whole number of at least 1"],
    ["logEvery", -1, "a whole number of at least 1"],
    ["seed", NaN, "a finite number"],
    ["seed", "7", "a finite number"],
    ["device", 3, "the name of a device"],
    ["loss", "mse", "a function"],
    ["optimizer", "adam", "an optimizer such as adam()"],
    ["optimizer", tf.train.sgd(1), "an optimizer such as adam()"],
    ["schedule", 0.1, "a schedule such as cosine()"],
    ["clip", 1, "an object such as { norm: 1 }"],
    ["logger", { log: () => undefined }, "an object with debug, info, warning and error"],
    ["quiet", "yes", "true or false"],
    ["signals", 0, "true or false"],
    ["callbacks", {}, "a list of objects with hooks"],
    ["outputDir", "", "a folder"],
    ["runName", "a/b", "the name of one folder"],
    ["runName", "", "the name of one folder"],
    ["runName", "..", "the name of one folder"],
    ["processGroup", 2, "a process group"],
  ])("refuses %s: %o", (name, value, expected) => {
    expect(() => new ScalarTrainer(scalarOptions({ [name]: value }))).toThrow(code("OPTION_INVALID", expected));
    expect(() => new ScalarTrainer(scalarOptions({ [name]: value }))).toThrow(`Option ${name} is `);
  });

  test.each([
    [{ norm: 0 }, "OPTION_INVALID", "clip.norm is 0"],
    [{ value: NaN }, "OPTION_INVALID", "clip.value is NaN"],
    [{ nrom: 1 }, "OPTION_UNKNOWN", '"clip.nrom"'],
  ])("refuses clip %j", (clip, error, message) => {
    expect(() => new ScalarTrainer(scalarOptions({ clip: clip as { norm: number } }))).toThrow(code(error, message));
  });

  test("an option that is undefined takes its default", async () => {
    const options = {
      clip: undefined,
      accumulate: undefined,
      callbacks: undefined,
      outputDir: undefined,
    } as unknown as Partial<TrainerOptions>;
    const trainer = new ScalarTrainer(scalarOptions({ ...options }));
    await trainer.fit({ train: batches(1), epochs: 1 });
    expect(trainer.progress.step).toBe(1);
  });

  test("touches nothing outside: no backend, no model, no listener, no random number where a seed is given", () => {
    const backend = tf.getBackend();
    const listeners = process.eventNames().map((name) => process.listenerCount(name));
    const random = vi.spyOn(Math, "random");
    let calls = 0;
    const trainer = new ScalarTrainer(scalarOptions({ device: "wasm", model: () => (calls++, scalarModel()()) }));
    expect(() => trainer.model).toThrow(code("NOT_READY", "await trainer.ready()"));
    expect(() => trainer.learningRates).toThrow(code("NOT_READY", "await trainer.ready()"));
    expect([tf.getBackend(), calls, random.mock.calls.length]).toEqual([backend, 0, 0]);
    expect(process.eventNames().map((name) => process.listenerCount(name))).toEqual(listeners);
    random.mockRestore();
  });

  test("a method that needs the trainer cannot be called in it", () => {
    class Early extends ScalarTrainer {
      constructor(options: TrainerOptions) {
        super(options);
        this.log("fine here", 1);
      }
    }
    expect(() => new Early(scalarOptions())).not.toThrow();
  });

  test("the loss of the options is this.loss, without one it is an error", () => {
    const loss = tf.losses.meanSquaredError as never;
    expect(new ScalarTrainer(scalarOptions({ loss })).loss).toBe(loss);
    expect(() => new ScalarTrainer(scalarOptions()).loss).toThrow(code("NO_LOSS", "Give the option loss"));
  });

  test("the run is named after the class, or as the option says", () => {
    const Named = defineAddOn({
      name: "Named",
      apply: (Base: AddOnBase): Adds => {
        abstract class Own extends Base {}
        return Own;
      },
    });
    expect(new ScalarTrainer(scalarOptions()).runName).toBe("ScalarTrainer");
    expect(new (ScalarTrainer.addOn(Named))({ ...scalarOptions(), named: 1 } as never).runName).toBe("ScalarTrainer");
    expect(new ScalarTrainer(scalarOptions({ runName: "first" })).runName).toBe("first");
  });
});

describe("options of subclasses and add-ons", () => {
  class Sized extends ScalarTrainer {
    static override readonly optionNames = ["numClasses"];
    readonly numClasses: number;
    constructor({ numClasses, ...options }: TrainerOptions & { numClasses: number }) {
      super({ ...options, numClasses } as TrainerOptions);
      this.numClasses = numClasses;
    }
  }
  class Deeper extends Sized {
    static override readonly optionNames = ["depth"];
  }
  const Plain = defineAddOn({
    name: "PlainThing",
    apply: (Base: AddOnBase<{ plainThing?: number }>): Adds => {
      abstract class Own extends Base {}
      return Own;
    },
  });
  const Named = defineAddOn({
    name: "NamedThing",
    optionNames: ["first", "second"],
    apply: (Base: AddOnBase<{ first?: number; second?: number }>): Adds => {
      abstract class Own extends Base {}
      return Own;
    },
  });

  test("are known along the whole class chain", () => {
    expect(new Sized({ ...scalarOptions(), numClasses: 3 }).numClasses).toBe(3);
    expect(new Deeper({ ...scalarOptions(), numClasses: 3, depth: 2 } as never).numClasses).toBe(3);
    expect(() => new Sized({ ...scalarOptions(), numClasses: 3, depth: 2 } as never)).toThrow(code("OPTION_UNKNOWN", '"depth"'));
    expect(() => new Deeper({ ...scalarOptions(), numClases: 3 } as never)).toThrow(code("OPTION_UNKNOWN", 'Did you mean "numClasses"?'));
  });

  test("an add-on's is its name in camel case, or what it declares", () => {
    const With = ScalarTrainer.addOn(Plain, Named);
    expect(() => new With({ ...scalarOptions(), plainThing: 1, first: 1, second: 2 })).not.toThrow();
    expect(() => new With({ ...scalarOptions(), namedThing: 1 } as never)).toThrow(code("OPTION_UNKNOWN", '"namedThing"'));
  });
});

describe("options of fit()", () => {
  const good = { train: batches(1), epochs: 1 };
  test.each([
    [{ train: batches(1) }, "NO_LIMIT", "epochs, steps or maxSeconds"],
    [{ ...good, epoch: 3 }, "OPTION_UNKNOWN", 'fit() has no option "epoch". Did you mean "epochs"?'],
    [{ ...good, valid: [] }, "OPTION_UNKNOWN", '"valid"'],
    [{ ...good, epochs: 0 }, "OPTION_INVALID", "fit() got epochs: 0"],
    [{ ...good, epochs: 2.5 }, "OPTION_INVALID", "fit() got epochs: 2.5"],
    [{ ...good, steps: -1 }, "OPTION_INVALID", "fit() got steps: -1"],
    [{ ...good, maxSeconds: 0 }, "OPTION_INVALID", "fit() got maxSeconds: 0"],
    [{ ...good, maxSeconds: NaN }, "OPTION_INVALID", "fit() got maxSeconds: NaN"],
    [{ ...good, limitTrainBatches: 0 }, "OPTION_INVALID", "fit() got limitTrainBatches: 0"],
    [{ ...good, limitValidationBatches: 0.5 }, "OPTION_INVALID", "fit() got limitValidationBatches: 0.5"],
    [{ ...good, validateEvery: { steps: 0 } }, "OPTION_INVALID", "fit() got validateEvery: { steps: 0 }. It takes "],
    [{ ...good, validateEvery: { epochs: 1.5 } }, "OPTION_INVALID", "validateEvery: { epochs: 1.5 }"],
    [{ ...good, validateEvery: { epoch: 1 } }, "OPTION_INVALID", "validateEvery"],
    [{ ...good, validateEvery: 2 }, "OPTION_INVALID", "fit() got validateEvery: 2. It takes { epochs: number } or { steps: number }"],
    [{ epochs: 1 }, "OPTION_INVALID", "fit() got no train. It takes an iterable or async iterable of batches"],
    [{ ...good, train: { x: 1 } }, "OPTION_INVALID", "fit() got train: { x: 1 }. It takes"],
    [{ ...good, validation: null }, "OPTION_INVALID", "fit() got validation: null"],
    [{ ...good, signal: "SIGINT" }, "OPTION_INVALID", 'fit() got signal: "SIGINT"'],
  ])("%o is refused before anything else happens", async (options, error, message) => {
    let calls = 0;
    const trainer = new ScalarTrainer(scalarOptions({ model: () => (calls++, scalarModel()()) }));
    expect(await failureOf(trainer.fit(options as unknown as FitOptions<tf.Tensor1D>))).toEqual(code(error, message));
    expect(calls).toBe(0);
  });

  test("validation without a validationStep is refused before the first step", async () => {
    class NoValidation extends Trainer<tf.Tensor1D> {
      protected override trainingStep(): StepResult {
        throw new Error("trained");
      }
    }
    const trainer = new NoValidation(scalarOptions());
    const missing = code("NO_VALIDATION_STEP", "NoValidation has no validationStep(batch, index)");
    expect(await failureOf(trainer.fit({ ...good, validation: batches(1) }))).toEqual(missing);
    expect(await failureOf(trainer.validate(batches(1)))).toEqual(missing);
    expect(await failureOf(trainer.test(batches(1)))).toEqual(missing);
    expect(await failureOf(trainer.fit(good))).toEqual(new Error("trained"));
  });
});

describe("the loop's other refusals", () => {
  test("a configureOptimizers() that returns another form is an error that says which", async () => {
    for (const [returned, message] of [
      [sgd({ learningRate: 1 }), "a bare optimizer"],
      [{ one: sgd({ learningRate: 1 }) }, 'an entry "one" without optimizer and parameters'],
      [{ optimizer: "adam" }, 'an entry "optimizer"'],
    ] as const) {
      class Wrong extends ScalarTrainer {
        protected override configureOptimizers() {
          return returned as never;
        }
      }
      await expect(new Wrong(scalarOptions()).ready()).rejects.toThrow(code("OPTIMIZERS_INVALID", message));
    }
  });

  test("an optimizer belongs to one trainer", async () => {
    const optimizer = sgd({ learningRate: 1 });
    await new ScalarTrainer(scalarOptions({ optimizer })).ready();
    await expect(new ScalarTrainer(scalarOptions({ optimizer })).ready()).rejects.toThrow(code("OPTIMIZER_IN_USE", "sgd"));
  });

  test("weights that do not fit are an error that names all of it, and change nothing; without strict the rest is taken", async () => {
    const model = () => {
      const [a, b] = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([1]))];
      return {
        parameters: () =>
          new Map([
            ["a", a],
            ["b", b],
          ]),
      };
    };
    const trainer = new ScalarTrainer(scalarOptions({ model }));
    const weights = { a: batch(1, 2), b: batch(1, 2), c: batch(3) };
    await expect(trainer.setModelWeights(weights)).rejects.toThrow(
      code("WEIGHTS_MISMATCH", "unexpected: c; different: b is float32 [1], given float32 [2]"),
    );
    await expect(trainer.setModelWeights({ b: batch(7) })).rejects.toThrow(code("WEIGHTS_MISMATCH", "missing: a"));
    expect((await trainer.modelWeights())["a"]!.data).toEqual(Float32Array.of(0, 0));
    expect(await trainer.setModelWeights(weights, { strict: false })).toEqual({
      missing: [],
      unexpected: ["c"],
      different: ["b is float32 [1], given float32 [2]"],
    });
    expect((await trainer.modelWeights())["a"]!.data).toEqual(Float32Array.of(1, 2));
    expect((await trainer.modelWeights())["b"]!.data).toEqual(Float32Array.of(0));
    expect(await trainer.setModelWeights({ a: [1, 2] } as never, { strict: false })).toMatchObject({
      missing: ["b"],
      different: ["a is given as no host tensor"],
    });
  });

  test.each([
    ["null", null, "trainingStep returned null"],
    ["a bare tensor", tf.scalar(1), "a bare tensor"],
    ["a vector", { loss: tf.ones([2]) }, '"loss" of shape [2]; take its mean, or put it into outputs'],
    ["text", { loss: "low" }, '"loss" that is no scalar'],
    ["an output that is no tensor", { loss: tf.scalar(1), outputs: { x: [1] } }, "outputs.x that is no tensor"],
  ])("a step that returns %s is refused", async (_, result, message) => {
    class Wrong extends ScalarTrainer {
      protected override trainingStep() {
        return result as unknown as StepResult;
      }
    }
    await expect(new Wrong(scalarOptions()).fit({ train: batches(1), epochs: 1 })).rejects.toThrow(code("STEP_RESULT", message));
  });
});

describe("setting up", () => {
  test("happens once, in order, however often it is asked for", async () => {
    const calls: string[] = [];
    const trainer = new ScalarTrainer(scalarOptions());
    for (const name of ["configureOptimizers", "configureEarlyStoppers", "configureMetrics", "setup", "restore"]) {
      Object.assign(trainer, {
        [name]: () => (calls.push(name), name.startsWith("configure") && name !== "configureOptimizers" ? {} : undefined),
      });
    }
    await Promise.all([trainer.ready(), trainer.ready(), trainer.validate(batches(1))]);
    expect(calls).toEqual(["configureOptimizers", "configureEarlyStoppers", "configureMetrics", "setup", "restore"]);
  });

  test("says the seed if none was given, and another run with it is the same", async () => {
    const weights = async (seed?: number) => {
      const logger = new Lines();
      const model = () => tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
      const trainer = new ScalarTrainer({ model, device: "cpu", logger, signals: false, ...(seed !== undefined && { seed }) });
      const { "layers.0.kernel": kernel } = await trainer.modelWeights();
      return { kernel, line: logger.all.find((line) => line.includes("Seed:")) };
    };
    const first = await weights();
    const seed = Number(/^info Seed: (\d+)\. Give it as an option to repeat this run\.$/.exec(first.line!)![1]);
    expect(await weights(seed)).toEqual({ kernel: first.kernel, line: undefined });
    expect((await weights()).kernel).not.toEqual(first.kernel);
  });

  test("that fails runs what was deferred so far, and every later call fails alike", async () => {
    const calls: string[] = [];
    const error = new Error("no connection");
    class Failing extends ScalarTrainer {
      protected override setup(): void {
        this.defer(() => void calls.push("first"));
        this.defer(() => void calls.push("second"));
      }
      protected override restore(): void {
        throw error;
      }
    }
    const trainer = new Failing(scalarOptions());
    expect(await failureOf(trainer.fit({ train: batches(1), epochs: 1 }))).toBe(error);
    expect(calls).toEqual(["second", "first"]);
    expect(await failureOf(trainer.validate(batches(1)))).toBe(error);
    await trainer.close();
    expect(calls).toEqual(["second", "first"]);
  });
});

describe("close()", () => {
  test("runs what was deferred in reverse, each in its own try, and throws all errors together; a second call does nothing", async () => {
    const calls: number[] = [];
    class Deferring extends ScalarTrainer {
      protected override setup(): void {
        for (let i = 0; i < 4; i++) {
          this.defer(async () => {
            await Promise.resolve();
            calls.push(i);
            if (i % 2 === 1) throw new Error(`cleanup ${i}`);
          });
        }
      }
    }
    const trainer = new Deferring(scalarOptions());
    await trainer.ready();
    const error = (await failureOf(trainer.close())) as AggregateError;
    expect(calls).toEqual([3, 2, 1, 0]);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors.map(String)).toEqual(["Error: cleanup 3", "Error: cleanup 1"]);
    expect(error.message).toBe("Closing the trainer failed in 2 places: Error: cleanup 3; Error: cleanup 1");
    await trainer.close();
    expect(calls).toHaveLength(4);
  });

  test("is harmless before the first use, and is what await using calls", async () => {
    const calls: string[] = [];
    class Deferring extends ScalarTrainer {
      protected override setup(): void {
        this.defer(() => void calls.push("closed"));
      }
    }
    await new Deferring(scalarOptions()).close();
    {
      await using trainer = new Deferring(scalarOptions());
      await trainer.fit({ train: batches(1), epochs: 1 });
      expect(calls).toEqual([]);
    }
    expect(calls).toEqual(["closed"]);
  });

  test("releases the optimizer's slots", async () => {
    const { numTensors } = tf.memory();
    const trainer = new ScalarTrainer(scalarOptions({ optimizer: sgd({ learningRate: 1, momentum: 0.9 }) }));
    await trainer.fit({ train: batches(1), epochs: 1 });
    await trainer.close();
    expect(tf.memory().numTensors).toBe(numTensors + 1); // the model's parameter, which is the caller's
  });

  test("twenty open trainers share one listener", async () => {
    const before = process.listenerCount("beforeExit");
    const trainers = Array.from({ length: 20 }, () => new ScalarTrainer(scalarOptions()));
    for (const trainer of trainers) await trainer.ready();
    expect(process.listenerCount("beforeExit") - before).toBeLessThanOrEqual(1);
    for (const trainer of trainers) await trainer.close();
    expect(process.listenerCount("beforeExit")).toBe(before);
  });
});

/** What stands in the default folder of runs: a demo may have been there before. */
const listRuns = (): Promise<string[]> => readdir("runs").catch(() => []);
const runsBefore = await listRuns();

afterEach(async () => {
  expect(await listRuns()).toEqual(runsBefore); // nothing writes a file by itself
});

test("no file is written where nothing asks for one", async () => {
  const options = scalarOptions({ outputDir: "runs" });
  await new ScalarTrainer(options).fit({ train: batches(1), epochs: 1 });
  expect(said(options.logger)).toHaveLength(1);
  expect(await new MemoryStorage().list("runs")).toEqual([]);
});

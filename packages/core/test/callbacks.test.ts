// Hooks, callbacks and the order of everything: the drawing in docs/loop.md held against a recorded trace.
import { readFileSync } from "node:fs";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import type { Callback, HookName, Phase, StepResult, Trainer } from "../src/index.js";
import { failureOf, Lines } from "./support/regression.js";
import { batch, batches, ScalarTrainer, scalarModel, scalarOptions } from "./support/scalar.js";

const hookNames: readonly HookName[] = [
  "onFitStart",
  "onFitEnd",
  "onTrainEpochStart",
  "onTrainEpochEnd",
  "onTrainBatchStart",
  "onTrainBatchEnd",
  "onValidationEpochStart",
  "onValidationEpochEnd",
  "onValidationBatchStart",
  "onValidationBatchEnd",
];

interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly phase: Phase;
  readonly training: boolean;
}

/** Replaces methods of a trainer by ones that write down each call, at its beginning, and then call the original. */
function record(trainer: Trainer, names: readonly string[]): Call[] {
  const calls: Call[] = [];
  for (const name of names) {
    const original = (trainer as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!;
    Object.defineProperty(trainer, name, {
      value(this: Trainer, ...args: unknown[]) {
        calls.push({ name, args, phase: this.phase, training: this.training });
        return original.apply(this, args);
      },
    });
  }
  return calls;
}

describe("docs/loop.md", () => {
  interface Line {
    readonly indent: number;
    readonly text: string;
  }
  interface Step {
    /** A method, or a `for` line. */
    readonly text: string;
    readonly inner: Step[];
  }

  const document = readFileSync(new URL("../../../docs/loop.md", import.meta.url), "utf8");
  const drawing = /```text\n([\s\S]*?)```/.exec(document)![1]!;
  const steps = parse(
    drawing
      .split("\n")
      .map((text) => ({ indent: text.search(/\S/), text: text.trim() }))
      .filter(({ text }) => text !== "" && !text.startsWith("»")),
  );

  /** Lines by their indentation. */
  function parse(lines: readonly Line[]): Step[] {
    const steps: Step[] = [];
    for (let i = 0; i < lines.length;) {
      const { indent, text } = lines[i]!;
      const end = lines.findIndex((line, j) => j > i && line.indent <= indent);
      const inner = lines.slice(i + 1, end < 0 ? lines.length : end);
      steps.push({ text, inner: parse(inner) });
      i += 1 + inner.length;
    }
    return steps;
  }

  const nameOf = (text: string) => /^(\w+)\(/.exec(text)?.[1];

  /** What the drawing says is called when each `for` line is gone through as often as given. */
  function expand(drawn: readonly Step[], rounds: (text: string) => number): string[] {
    return drawn.flatMap(({ text, inner }) => {
      if (text.startsWith("for ")) return Array.from({ length: rounds(text) }, () => expand(inner, rounds)).flat();
      const savePoint = /^savePoint\("(\w+)"\)/.exec(text)?.[1];
      const name = savePoint === undefined ? nameOf(text) : `savePoint ${savePoint}`;
      return [...(name === undefined ? [] : [name]), ...expand(inner, rounds)];
    });
  }

  class Drawn extends ScalarTrainer {
    protected override computeMetrics() {
      return {};
    }
    protected override validationStep(x: tf.Tensor1D): StepResult {
      return { loss: x.mean(), outputs: { x } };
    }
  }
  const drawn = steps.flatMap(function names({ text, inner }): string[] {
    return [...(nameOf(text) === undefined ? [] : [nameOf(text)!]), ...inner.flatMap(names)];
  });

  test("draws every method that may be overridden", () => {
    const inBase = ["setup", "restore", "configureOptimizers", "configureEarlyStoppers", "configureMetrics"];
    for (const name of [...hookNames, ...inBase]) expect(drawn, name).toContain(name);
    for (const name of new Set(drawn)) expect(typeof (Drawn.prototype as unknown as Record<string, unknown>)[name], name).toBe("function");
  });

  test("says the order of ready(), and of an epoch with windows of 2 batches and a validation", async () => {
    const trainer = new Drawn(scalarOptions({ accumulate: 2, logEvery: 1 }));
    const methods = [...new Set(drawn)].filter((name) => !["ready", "fit", "close", "batchWeight", "onLog"].includes(name));
    const calls = record(trainer, methods);
    await trainer.ready();
    expect(calls.map(({ name }) => name)).toEqual(drawn.slice(1, drawn.indexOf("fit")));
    calls.length = 0;
    await trainer.fit({ train: batches(1, 2, 3, 4), validation: batches(5, 6, 7), epochs: 1 });
    const fit = steps.find(({ text }) => text.startsWith("fit("))!;
    const rounds = (text: string) =>
      ({ "for each epoch": 1, "for each window": 2, "for each batch of the window": 2, "for each batch": 3 })[
        text.replace(/\s{2,}.*/, "")
      ]!;
    const expected = expand(fit.inner, rounds).filter((name) => !["batchWeight", "onLog"].includes(name));
    expect(calls.map(({ name, args }) => (name === "savePoint" ? `savePoint ${String(args[0])}` : name))).toEqual(expected);
  });

  test("says where batchWeight and onLog stand: when the window is read, and at logging points", async () => {
    const trainer = new Drawn(scalarOptions({ accumulate: 2, logEvery: 1 }));
    await trainer.ready();
    Object.assign(trainer, { setup: () => undefined });
    const calls = record(trainer, [
      "batchWeight",
      "runStep",
      "onOptimizerStep",
      "onLog",
      "savePoint",
      "runEvaluation",
      "onTrainEpochEnd",
      "onFitEnd",
    ]);
    await trainer.fit({ train: batches(1, 2, 3), validation: batches(5), epochs: 1 });
    const step = (weights: number) => [...Array<string>(weights).fill("batchWeight"), "runStep", "onOptimizerStep", "onLog", "savePoint"];
    expect(calls.map(({ name }) => name)).toEqual([
      ...step(2),
      ...step(1),
      "runEvaluation",
      "batchWeight",
      "onLog",
      "onLog",
      "onTrainEpochEnd",
      "savePoint",
      "onFitEnd",
      "onLog",
      "savePoint",
    ]);
  });
});

describe("hooks", () => {
  test("get the arguments of the drawing", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    const calls = record(trainer, hookNames);
    let lossInHook = NaN;
    Object.assign(trainer, { onOptimizerStep: () => undefined });
    const original = calls.push.bind(calls);
    calls.push = (call) => {
      if (call.name === "onTrainBatchEnd") lossInHook = (call.args[0] as { loss: tf.Tensor }).loss.dataSync()[0]!;
      return original(call);
    };
    await trainer.fit({ train: [batch(2)], validation: [batch(3)], epochs: 1 });
    expect(calls.map(({ name, args }) => [name, ...args.map((arg) => (arg instanceof tf.Tensor ? "batch" : arg))])).toEqual([
      ["onFitStart"],
      ["onTrainEpochStart"],
      ["onTrainBatchStart", "batch", 0],
      ["onTrainBatchEnd", { loss: expect.anything() }, "batch", 0],
      ["onValidationEpochStart"],
      ["onValidationBatchStart", "batch", 0],
      ["onValidationBatchEnd", { loss: expect.anything() }, "batch", 0],
      ["onValidationEpochEnd", { loss: 3 }],
      ["onTrainEpochEnd", { loss: 2, valid: { loss: 3 } }],
      ["onFitEnd", "1 epochs"],
    ]);
    expect(lossInHook).toBe(2);
  });

  test("get outputs as host tensors, and scalars that are gone after the hook", async () => {
    const seen: unknown[] = [];
    let later: tf.Tensor | undefined;
    class WithOutputs extends ScalarTrainer {
      protected override trainingStep(x: tf.Tensor1D): StepResult {
        return { loss: this.forward(x).mean(), twice: 4, outputs: { x } };
      }
      protected override onTrainBatchEnd({ loss, ...rest }: Record<string, unknown>): void {
        later = loss as tf.Tensor;
        seen.push(rest);
      }
    }
    await new WithOutputs(scalarOptions()).fit({ train: [batch(2, 3)], epochs: 1 });
    expect(seen).toEqual([{ twice: 4, outputs: { x: { dtype: "float32", shape: [2], data: Float32Array.of(2, 3) } } }]);
    expect(later!.isDisposed).toBe(true);
  });

  test("see the phase they belong to, also in validate, test and predict", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    const calls = record(trainer, [...hookNames, "runEvaluation", "computeOutputs"]);
    expect([trainer.phase, trainer.training]).toEqual(["idle", false]);
    await trainer.fit({ train: batches(1), validation: batches(1), epochs: 1, validateEvery: { steps: 1 } });
    for (const { name, phase, training } of calls) {
      const expected = /Validation|Evaluation|Outputs/.test(name) ? "validation" : "train";
      expect([name, phase, training]).toEqual([name, expected, expected === "train"]);
    }
    for (const [call, phase] of [
      ["validate", "validation"],
      ["test", "test"],
      ["predictAll", "prediction"],
    ] as const) {
      calls.length = 0;
      await trainer[call](batches(1));
      expect(calls.map((one) => one.name)).toEqual(
        phase === "prediction"
          ? ["runEvaluation", "computeOutputs"]
          : [
              "runEvaluation",
              "onValidationEpochStart",
              "onValidationBatchStart",
              "computeOutputs",
              "onValidationBatchEnd",
              "onValidationEpochEnd",
            ],
      );
      expect(new Set(calls.map((one) => `${one.phase} ${one.training}`))).toEqual(new Set([`${phase} false`]));
      expect(trainer.phase).toBe("idle");
    }
  });

  test.each([
    ...hookNames,
    "trainingStep",
    "validationStep",
    "onOptimizerStep",
    "savePoint",
    "runEvaluation",
    "transferBatch",
    "clipGradients",
  ])("a throw in %s reaches the caller as it is, ends the phase, and leaves no tensor", async (name) => {
    const trainer = new ScalarTrainer(scalarOptions());
    const fit = () => trainer.fit({ train: batches(1, 2), validation: batches(1, 2), epochs: 1 });
    await fit();
    const { numTensors } = tf.memory();
    const error = new Error(name);
    Object.assign(trainer, {
      [name]: () => {
        throw error;
      },
    });
    expect(await failureOf(fit())).toBe(error);
    expect([trainer.phase, trainer.training]).toEqual(["idle", false]);
    expect(tf.memory().numTensors).toBe(numTensors);
    Reflect.deleteProperty(trainer, name);
    await fit();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test("an override that forgets super loses nothing of the core", async () => {
    const trainer = new ScalarTrainer(scalarOptions());
    for (const name of hookNames) Object.assign(trainer, { [name]: () => undefined });
    await trainer.fit({ train: batches(1), validation: batches(2), epochs: 2 });
    expect(trainer.history).toEqual({ train: { loss: [1, 0.5] }, valid: { loss: [2, 2] } });
    expect(trainer.bestModelState).toMatchObject({ epoch: 1 });
  });
});

describe("callbacks", () => {
  test("get the trainer first, then what the hook gets, after the hook itself, in their order, awaited", async () => {
    const calls: string[] = [];
    const callback = (id: string): Callback =>
      Object.fromEntries(
        hookNames.map((name) => [
          name,
          async (trainer: Trainer, ...args: unknown[]) => {
            await Promise.resolve();
            calls.push(`${id} ${name} ${trainer === running} ${args.length}`);
          },
        ]),
      );
    const running: ScalarTrainer = new ScalarTrainer(scalarOptions({ callbacks: [callback("a"), callback("b"), {}] }));
    const own = record(running, hookNames);
    own.push = ({ name, args }) => calls.push(`own ${name} true ${args.length}`);
    await running.fit({ train: batches(1), validation: batches(1), epochs: 1 });
    const order = [
      ["onFitStart", 0],
      ["onTrainEpochStart", 0],
      ["onTrainBatchStart", 2],
      ["onTrainBatchEnd", 3],
      ["onValidationEpochStart", 0],
      ["onValidationBatchStart", 2],
      ["onValidationBatchEnd", 3],
      ["onValidationEpochEnd", 1],
      ["onTrainEpochEnd", 1],
      ["onFitEnd", 1],
    ];
    expect(calls).toEqual(order.flatMap(([name, args]) => ["own", "a", "b"].map((id) => `${id} ${name} true ${args}`)));
  });

  test("keep their own this, and may stop the trainer", async () => {
    class Counting implements Callback {
      steps = 0;
      onTrainBatchEnd(trainer: Trainer): void {
        this.steps += 1;
        if (this.steps === 3) trainer.stop("three");
      }
    }
    const counting = new Counting();
    const trainer = new ScalarTrainer(scalarOptions({ callbacks: [counting] }));
    expect(await trainer.fit({ train: batches(1, 1), epochs: 9 })).toEqual({ reason: "three", interrupted: false });
    expect(counting.steps).toBe(3);
  });

  test.each([
    ["onTrainEpochEnded", 'Did you mean "onTrainEpochEnd"?'],
    ["onValidationEnd", 'Did you mean "onValidationEpochEnd"?'],
    ["onKeyPressed", "The hooks are onFitStart, onFitEnd"],
  ])("one with %s, which is no hook, is refused: it would never be called", (name, advice) => {
    const callback = { [name]: () => undefined } as unknown as Callback;
    expect(() => new ScalarTrainer(scalarOptions({ callbacks: [{}, callback] }))).toThrow(
      expect.objectContaining({
        code: "OPTION_UNKNOWN",
        message: expect.stringMatching(new RegExp(`^callbacks\\[1\\] has "${name}", which is no hook\\.`)),
      }),
    );
    expect(() => new ScalarTrainer(scalarOptions({ callbacks: [{}, callback] }))).toThrow(advice);
  });
});

test("a trainer without optimizer runs its steps, averages them, says nothing of it twice and changes nothing", async () => {
  const logger = new Lines();
  const trainer = new ScalarTrainer({ model: scalarModel(), device: "cpu", seed: 1, signals: false, logger });
  await trainer.fit({ train: batches(1, 3), validation: batches(2), epochs: 2 });
  expect(trainer.history).toEqual({ train: { loss: [2, 2] }, valid: { loss: [2, 2] } });
  expect(trainer.progress).toMatchObject({ step: 0, batch: 2, samples: 4 });
  expect(await trainer.w()).toBe(1);
  expect(logger.all.filter((line) => line.includes("no parameter is changed") || line.includes("no optimizer"))).toHaveLength(1);
});

test("a training step without a loss is averaged, counts no step, and is said once", async () => {
  class NoLoss extends ScalarTrainer {
    protected override trainingStep(x: tf.Tensor1D): StepResult {
      return { seen: x.mean() };
    }
  }
  const options = scalarOptions({ optimizer: sgd({ learningRate: 1 }) });
  const trainer = new NoLoss(options);
  await trainer.fit({ train: batches(1, 3), epochs: 2 });
  expect(trainer.history.train).toEqual({ seen: [2, 2] });
  expect(trainer.progress.step).toBe(0);
  expect(options.logger.all.filter((line) => line.includes("returned no loss"))).toHaveLength(1);
});

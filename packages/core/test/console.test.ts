import { inProcessGroups } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { StepResult, TrainerOptions } from "../src/index.js";
import { Lines } from "./support/regression.js";
import { batch, batches, said, ScalarTrainer, scalarOptions } from "./support/scalar.js";

/** A step that takes its time, so that progress is due. */
class Slow extends ScalarTrainer {
  ms = 120;
  protected override trainingStep(x: tf.Tensor1D, index: number, name: string): StepResult {
    wait(this.ms);
    return super.trainingStep(x, index, name);
  }
  protected override validationStep(x: tf.Tensor1D, index: number): StepResult {
    wait(this.ms);
    return super.validationStep(x, index);
  }
}
function wait(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** What a terminal would have got. */
const written: string[] = [];
const original = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };

function terminal(columns: number, isTTY = true): void {
  Object.defineProperty(process.stdout, "isTTY", { value: isTTY, configurable: true });
  Object.defineProperty(process.stdout, "columns", { value: columns, configurable: true });
}

beforeEach(() => {
  written.length = 0;
  vi.stubEnv("CI", "");
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const [name, value] of Object.entries(original)) Object.defineProperty(process.stdout, name, { value, configurable: true });
});

/** A logger that writes where the bar does, so that the order can be seen. */
const inTerminal = {
  debug: () => undefined,
  info: (line: string) => void written.push(`${line}\n`),
  warning: (line: string) => void written.push(`W ${line}\n`),
  error: (line: string) => void written.push(`E ${line}\n`),
};
const CLEAR = "\r\u001b[2K";

describe("on a terminal", () => {
  test("each phase has a bar with its title, and it is gone before a line is said and when the phase ends", async () => {
    terminal(100);
    const trainer = new Slow(scalarOptions({ logger: inTerminal }));
    await trainer.fit({ train: batches(1, 1), validation: batches(2, 2), epochs: 1 });
    await trainer.test(batches(1, 2));
    await trainer.predictAll(batches(1));
    const shown = written.filter((text) => !/^(Device|Seed)/.test(text));
    const bars = shown
      .filter((text) => text.startsWith(CLEAR) && text !== CLEAR)
      .map((text) =>
        text
          .slice(CLEAR.length)
          .replace(/\d+(\.\d+)?\/s/, "N/s")
          .replace(/[\d.]+s left/, "T left"),
      );
    expect(bars).toEqual([
      "[1/1] Training [##########----------] 1/2 | loss:1.000 | N/s | T left",
      "[1/1] Training [####################] 2/2 | loss:0.750 | N/s",
      "[1/1] Validation [##########----------] 1/2 | loss:2.000 | N/s | T left",
      "[1/1] Validation [####################] 2/2 | loss:2.000 | N/s",
      "Test [##########----------] 1/2 | loss:1.000 | N/s | T left",
      "Test [####################] 2/2 | loss:1.500 | N/s",
      "Prediction [####################] 1/1 | N/s",
    ]);
    shown.forEach((text, i) => {
      if (text.endsWith("\n")) expect(shown[i - 1] ?? CLEAR).toBe(CLEAR); // never behind a bar
    });
    expect(shown.at(-1)).toBe(CLEAR);
    expect(shown.filter((text) => text.endsWith("\n"))).toEqual([
      expect.stringMatching(/^\[ {2}1\/1\] loss:0\.750 \| \(val\) loss:2\.000 \(\d\.\ds\)\n$/),
    ]);
  });

  test("a line within a phase takes the bar away first; a throw does too", async () => {
    terminal(80);
    class Warning extends Slow {
      protected override onOptimizerStep(): void {
        if (this.progress.step === 2) this.logger.warning("look here");
      }
      protected override onTrainBatchStart(): void {
        if (this.progress.step === 2) throw new Error("thrown");
      }
    }
    await expect(new Warning(scalarOptions({ logger: inTerminal })).fit({ train: batches(1, 1, 1), epochs: 1 })).rejects.toThrow("thrown");
    const at = written.indexOf("W look here\n");
    expect(written[at - 1]).toBe(CLEAR);
    expect(written.at(-1)).toBe(CLEAR);
  });

  test("no bar is wider than the terminal, so that it can be taken away", async () => {
    terminal(30);
    await new Slow(scalarOptions({ logger: inTerminal })).fit({ train: batches(1), epochs: 1 });
    const bars = written.filter((text) => text.startsWith(CLEAR) && text !== CLEAR).map((text) => text.slice(CLEAR.length));
    expect(bars).toEqual(["[1/1] Training 1/1"]);
  });
});

describe("where there is no terminal, or CI is set", () => {
  test.each([
    ["no terminal", false, ""],
    ["CI", true, "true"],
  ])("%s: plain lines after seconds, no control characters", async (_, isTTY, ci) => {
    terminal(80, isTTY);
    vi.stubEnv("CI", ci);
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    class Clock extends ScalarTrainer {
      protected override onTrainBatchEnd(): void {
        now += 2000;
      }
    }
    const options = scalarOptions();
    await new Clock(options).fit({ train: batches(1, 1, 1, 1, 1), epochs: 1 });
    expect(said(options.logger)).toEqual([
      "[1/1] Training [############--------] 3/5 | loss:0.500 | 0.500/s | 4.0s left",
      "[  1/1] loss:0.000 (10s)",
    ]);
    expect(written).toEqual([]);
  });

  test("a short phase says nothing of itself", async () => {
    terminal(80, false);
    const options = scalarOptions();
    await new ScalarTrainer(options).fit({ train: batches(1, 1), validation: batches(1), epochs: 2 });
    expect(said(options.logger)).toHaveLength(2);
  });
});

describe("who is spoken to", () => {
  test("quiet shows warnings and errors only, and no bar", async () => {
    terminal(80);
    const logger = new Lines();
    const trainer = new Slow(scalarOptions({ quiet: true, logger }));
    await trainer.fit({ train: batches(1), epochs: 1 });
    trainer.logger.warning("a warning");
    trainer.logger.error("an error");
    trainer.logger.info("news");
    trainer.logger.debug("detail");
    expect(logger.all).toEqual(["warning a warning", "error an error"]);
    expect(written).toEqual([]);
  });

  test("ranks other than 0 say nothing at all", async () => {
    terminal(80);
    const loggers = await Promise.all(
      inProcessGroups(2).map(async (processGroup) => {
        const logger = new Lines();
        const trainer = new ScalarTrainer(
          scalarOptions({ processGroup, logger, clip: { norm: 1, warnAbove: 0.4 } } satisfies Partial<TrainerOptions>),
        );
        await trainer.fit({ train: batches(1), epochs: 1 });
        return logger;
      }),
    );
    expect(loggers[0]!.loud).toEqual(["warning Large gradient norm: 0.50"]);
    expect(loggers[1]!.all).toEqual([]);
  });

  test("the default logger writes to the console, in colours on a terminal unless NO_COLOR is set", async () => {
    const spies = {
      log: vi.spyOn(console, "log"),
      warn: vi.spyOn(console, "warn"),
      error: vi.spyOn(console, "error"),
      debug: vi.spyOn(console, "debug"),
    };
    for (const spy of Object.values(spies)) spy.mockImplementation(() => undefined);
    const { isTTY } = process.stderr;
    const trainer = new ScalarTrainer({ ...scalarOptions(), logger: undefined } as never);
    for (const [tty, noColor] of [
      [true, ""],
      [true, "1"],
      [false, ""],
    ] as const) {
      Object.defineProperty(process.stderr, "isTTY", { value: tty, configurable: true });
      vi.stubEnv("NO_COLOR", noColor);
      trainer.logger.warning("careful");
      trainer.logger.error("broken");
    }
    trainer.logger.info("news");
    trainer.logger.debug("detail");
    Object.defineProperty(process.stderr, "isTTY", { value: isTTY, configurable: true });
    expect(spies.warn.mock.calls.flat()).toEqual(["\u001b[33mcareful\u001b[0m", "careful", "careful"]);
    expect(spies.error.mock.calls.flat()).toEqual(["\u001b[31mbroken\u001b[0m", "broken", "broken"]);
    expect([...spies.log.mock.calls, ...spies.debug.mock.calls].flat()).toEqual(["news", "detail"]);
  });
});

describe("summary()", () => {
  test("lists layers with shapes and counts, and the totals", async () => {
    const model = () =>
      tf.sequential({
        layers: [
          tf.layers.conv2d({ name: "first", filters: 4, kernelSize: 3, inputShape: [8, 8, 1] }),
          tf.layers.flatten(),
          tf.layers.batchNormalization(),
          tf.layers.dense({ units: 10, name: "head" }),
        ],
      });
    expect((await new ScalarTrainer(scalarOptions({ model })).summary()).split("\n")).toEqual([
      "Layer     Type                Output            Parameters",
      "----------------------------------------------------------",
      "first     Conv2D              [batch, 6, 6, 4]          40",
      "layers.1  Flatten             [batch, 144]               0",
      "layers.2  BatchNormalization  [batch, 144]             576",
      "head      Dense               [batch, 10]            1,450",
      "----------------------------------------------------------",
      "2,066 parameters, 1,778 trainable",
    ]);
  });

  test("lists parameters and buffers of another model", async () => {
    const model = () => {
      const [w, mean] = [tf.variable(tf.zeros([1000, 2])), tf.variable(tf.zeros([]), false)];
      return { parameters: () => new Map([["가중치", w]]), buffers: () => new Map([["mean", mean]]) };
    };
    expect((await new ScalarTrainer(scalarOptions({ model })).summary()).split("\n")).toEqual([
      "Name    Kind       Shape      Values",
      "------------------------------------",
      "가중치  parameter  [1000, 2]   2,000",
      "mean    buffer     []              1",
      "------------------------------------",
      "2,001 parameters, 2,000 trainable",
    ]);
  });
});

test("a large norm is said with two decimals, once an epoch", async () => {
  const options = scalarOptions({ clip: { norm: 100 } });
  await new ScalarTrainer(options).fit({ train: [batch(12.344), batch(20), batch(1)], epochs: 2 });
  expect(options.logger.loud).toEqual(["warning Large gradient norm: 12.34", "warning Large gradient norm: 12.34"]);
});

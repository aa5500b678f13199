import { applyAddOns, type AnyAddOn, type LogRecord, type LogSink } from "@snapfit/core";
import { tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ToyFileLogger } from "../packages/test-utils/test/toy-file-logger.js";
import { inTurn, row, type Benchmark } from "./row.js";

/** Loggers that are measured, and their options. */
const loggers: Readonly<Record<string, { readonly addOn: AnyAddOn; readonly options?: Readonly<Record<string, unknown>> }>> = {
  "toy-file": { addOn: ToyFileLogger },
};

const ROWS = 1000;
const names = ["loss", "acc", "lr", "grad_norm", "samples_per_second", "precision", "recall", "f1", "margin", "entropy"].map(
  (name) => `train/${name}`,
);

/** A logger that has been opened, and the sinks that it gave to the trainer. */
interface Opened {
  readonly sinks: readonly LogSink[];
  close(): Promise<void>;
}

async function open(addOn: AnyAddOn, options: Readonly<Record<string, unknown>>, outputDir: string): Promise<Opened> {
  const sinks: LogSink[] = [];
  class Collecting extends TinyTrainer {
    protected override addLogSink(sink: LogSink): void {
      sinks.push(sink);
      super.addLogSink(sink);
    }
  }
  const Class = applyAddOns(Collecting, [addOn]) as unknown as typeof TinyTrainer;
  const trainer = new Class(Object.assign(tinyOptions({ outputDir, runName: "run" }), options));
  await trainer.ready();
  return { sinks, close: () => trainer.close() };
}

/** A thousand rows from one function that waits for nothing between them: milliseconds for all are microseconds for one. */
function timeOf(write: (record: LogRecord) => unknown, firstStep: number): number {
  const records = Array.from({ length: ROWS }, (_, i): LogRecord => {
    const values = Object.fromEntries(names.map((name, j) => [name, Math.sin((firstStep + i) * 10 + j)]));
    return { kind: "scalars", key: "train", fit: 1, epoch: 1, step: firstStep + i, values };
  });
  const start = performance.now();
  for (const record of records) write(record);
  return performance.now() - start;
}

export default {
  title: `Main-thread time of ${ROWS} rows of ten values given to a logger's sink (ms for all: µs for one), against a line of JSON by appendFileSync`,
  own: "appendFileSync",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "log-row-"));
    const opened: Opened[] = [];
    const sides: Record<string, () => number> = {};
    let step = 0;
    const side = (name: string, write: (record: LogRecord) => unknown): void => {
      sides[name] = () => timeOf(write, (step += ROWS));
    };
    side("appendFileSync", (record) => appendFileSync(join(folder, "lines.jsonl"), `${JSON.stringify(record)}\n`));
    for (const [name, { addOn, options = {} }] of Object.entries(loggers)) {
      const outputDir = join(folder, name);
      mkdirSync(outputDir);
      const logger = await open(addOn, options, outputDir);
      opened.push(logger);
      side(name, (record) => {
        for (const sink of logger.sinks) if (sink.kinds?.includes(record.kind) !== false) void sink.write(record);
      });
    }
    const times = await inTurn(20, 5, sides);
    for (const { close } of opened) await close();
    rmSync(folder, { recursive: true });
    return Object.entries(times).map(([engine, timesMs]) => row("log-row", engine, timesMs));
  },
} satisfies Benchmark;

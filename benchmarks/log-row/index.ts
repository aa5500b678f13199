import { applyAddOns, type AnyAddOn, type LogRecord, type LogSink, type Progress } from "@snapfit/core";
import { FileLogger } from "@snapfit/file-logger";
import { NeptuneLogger } from "@snapfit/neptune";
import { TensorBoardLogger } from "@snapfit/tensorboard";
import { tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { WandBLogger } from "@snapfit/wandb";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { ToyFileLogger } from "../../packages/test-utils/test/toy-file-logger.js";
import { WandBServer } from "../../packages/wandb/test/support/wandb-server.js";
import { inTurn, row, type Benchmark } from "../row.js";
import { startNeptuneServer } from "./neptune-server.js";

/** A logger that is measured. */
interface Measured {
  readonly addOn: AnyAddOn;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Servers on this machine that take what loggers upload. */
interface Servers {
  readonly wandbUrl: string;
  readonly neptuneToken: string;
}

// The servers run in a thread, so that they take nothing from the one that is measured.
if (!isMainThread) {
  const wandb = await WandBServer.start();
  parentPort!.postMessage({ wandbUrl: wandb.url, neptuneToken: await startNeptuneServer() } satisfies Servers);
}

/** Loggers by the name of their row. */
function loggersWith({ wandbUrl, neptuneToken }: Servers): Readonly<Record<string, Measured>> {
  process.env["WANDB_API_KEY"] = "0".repeat(40);
  process.env["NEPTUNE_API_TOKEN"] = neptuneToken;
  return {
    "toy-file": { addOn: ToyFileLogger },
    "file-logger": { addOn: FileLogger },
    tensorboard: { addOn: TensorBoardLogger },
    "wandb, offline": { addOn: WandBLogger, options: { wandb: { mode: "offline" } } },
    "wandb, uploading": { addOn: WandBLogger, options: { wandb: { mode: "online", baseUrl: wandbUrl } } },
    "neptune, offline": { addOn: NeptuneLogger, options: { neptune: { mode: "offline" } } },
    "neptune, uploading": { addOn: NeptuneLogger, options: { neptune: { mode: "async", project: "me/rows" } } },
  };
}

const ROWS = 1000;
const names = ["loss", "acc", "lr", "grad_norm", "perplexity", "precision", "recall", "f1", "margin"].map((name) => `train/${name}`);

/** A logger that has been opened, in a fit that goes on, and the sinks that it gave to the trainer. */
interface Opened {
  readonly sinks: readonly LogSink[];
  close(): Promise<void>;
}

async function open(addOn: AnyAddOn, options: Readonly<Record<string, unknown>>, outputDir: string): Promise<Opened> {
  const sinks: LogSink[] = [];
  let samples = 0;
  class Collecting extends TinyTrainer {
    override get progress(): Progress {
      return { fit: 1, epoch: 1, globalEpoch: 1, batch: 0, step: 0, samples: (samples += 32) };
    }
    begin(): Promise<void> {
      return Promise.resolve(this.onFitStart());
    }
    protected override addLogSink(sink: LogSink): void {
      sinks.push(sink);
      super.addLogSink(sink);
    }
  }
  const Class = applyAddOns(Collecting, [addOn]) as unknown as typeof Collecting;
  const trainer = new Class(Object.assign(tinyOptions({ outputDir, runName: "run", quiet: true }), options));
  await trainer.ready();
  await trainer.begin();
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
    const thread = new Worker(new URL(import.meta.url));
    const servers = await new Promise<Servers>((resolve, reject) => thread.once("message", resolve).once("error", reject));
    const opened: Opened[] = [];
    const sides: Record<string, () => number> = {};
    let step = 0;
    const side = (name: string, write: (record: LogRecord) => unknown): void => {
      sides[name] = () => timeOf(write, (step += ROWS));
    };
    side("appendFileSync", (record) => appendFileSync(join(folder, "lines.jsonl"), `${JSON.stringify(record)}\n`));
    for (const [name, { addOn, options = {} }] of Object.entries(loggersWith(servers))) {
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
    await thread.terminate();
    rmSync(folder, { recursive: true });
    return Object.entries(times).map(([engine, timesMs]) => row("log-row", engine, timesMs));
  },
} satisfies Benchmark;

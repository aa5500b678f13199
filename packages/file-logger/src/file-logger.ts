import { migrateState, type StateRecord } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { consoleLogger, defineAddOn, type AddOnBase, type Adds, type LogRecord, type RunInfo } from "@snapfit/core";
import { ThroughputMeter } from "@snapfit/logging";
import { join } from "node:path";
import { checkFileLoggerSettings, type FileLoggerOptions, type FileLoggerSettings } from "./file-logger-options.js";
import { isRow } from "./metrics-row.js";
import { RunFiles } from "./run-files.js";
import { isLogger, TrainingLog } from "./training-log.js";

/** What {@link FileLogger} adds. */
export interface FileLoggerMembers {
  readonly fileLogger: {
    /** Folder of the files; undefined before the trainer is ready. */
    readonly directory: string | undefined;
  };
}

const STATE_VERSION = 1;

/**
 * Writes the log of a run as plain files: the lines for people, `metrics.jsonl`, `metrics.csv`, `config.json`, `summary.json`, images and files, and the best model.
 * @example
 * import { Trainer } from "@snapfit/core";
 * import { FileLogger } from "@snapfit/file-logger";
 *
 * const Logged = Trainer.addOn(FileLogger); // new (class extends Logged { … })({ runName: "line", … }) writes runs/line/metrics.jsonl and others
 */
export const FileLogger = defineAddOn({
  name: "FileLogger",
  apply(Base: AddOnBase<FileLoggerOptions>): Adds<FileLoggerMembers> {
    abstract class FileLoggerTrainer extends Base implements FileLoggerMembers {
      readonly #settings: FileLoggerSettings;
      readonly #lines: TrainingLog;
      readonly #throughput = new ThroughputMeter();
      #directory: string | undefined;
      /** On rank 0, once the sink is open. */
      #files: RunFiles | undefined;
      /** Rows of the run in all of its processes, on every rank. */
      #numRows = 0;

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        const { logger = consoleLogger } = options;
        const lines = new TrainingLog(logger);
        super(isLogger(logger) ? { ...options, logger: lines } : options); // what is none is refused there
        this.#settings = checkFileLoggerSettings(options.fileLogger);
        this.#lines = lines;
      }

      get fileLogger(): FileLoggerMembers["fileLogger"] {
        return { directory: this.#directory };
      }

      protected override async setup(): Promise<void> {
        await super.setup();
        this.addLogSink({ name: "FileLogger", open: (run) => this.#open(run), write: (record) => this.#write(record) });
        this.defer(() => {
          this.#files?.close();
          this.#files = undefined;
          this.#lines.close();
        });
      }
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        this.#throughput.start(this.progress.samples);
      }
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), fileLogger: { version: STATE_VERSION, numRows: this.#numRows } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        const entry = migrateState("FileLogger", state["fileLogger"] as StateRecord | undefined, STATE_VERSION);
        this.#numRows = Number(entry?.["numRows"] ?? 0);
        this.#files?.restore(this.#numRows);
      }

      async #open({ runName }: RunInfo): Promise<void> {
        const directory = this.#settings.directory ?? (await this.runFolder(new DiskStorage()));
        this.#directory = directory;
        if (this.processGroup.rank > 0) return;
        this.#lines.open(join(directory, `${runName}_training.log`));
        this.#files = new RunFiles(directory, this.#numRows, (step) =>
          this.logger.warning(
            `The run is not what its log says from step ${step} on. The rows that stood there are in a file metrics.rewound-….jsonl of ${directory} now.`,
          ),
        );
      }

      #write(record: LogRecord): void | Promise<void> {
        if (isRow(record)) this.#numRows += 1;
        const writing = this.#files?.write(this.#throughput.measured(record, this.progress.samples));
        if (record.kind !== "summary" || this.#settings.logModel !== true || this.bestModelState === undefined) return writing;
        return this.#files?.writeModel(this.bestModelState); // a fit has ended
      }
    }
    return FileLoggerTrainer;
  },
});

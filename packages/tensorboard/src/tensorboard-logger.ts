import { migrateState, type StateRecord } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { defineAddOn, type AddOnBase, type Adds, type LogRecord } from "@snapfit/core";
import { ThroughputMeter } from "@snapfit/logging";
import { checkTensorBoardSettings, type TensorBoardOptions, type TensorBoardSettings } from "./tensorboard-options.js";
import { kinds, numEventsOf, RunEvents } from "./run-events.js";

/** What {@link TensorBoardLogger} adds. */
export interface TensorBoardLoggerMembers {
  readonly tensorboard: {
    /** Folder of the event files; undefined before the trainer is ready. */
    readonly directory: string | undefined;
  };
}

const STATE_VERSION = 1;

/**
 * Writes the log of a run as event files, for `tensorboard --logdir runs`.
 * @example
 * import { Trainer } from "@snapfit/core";
 * import { TensorBoardLogger } from "@snapfit/tensorboard";
 *
 * const Watched = Trainer.addOn(TensorBoardLogger); // new (class extends Watched { … })({ runName: "line", … }) writes runs/line/events.out.tfevents.…
 */
export const TensorBoardLogger = defineAddOn({
  name: "TensorBoardLogger",
  optionNames: ["tensorboard"],
  apply(Base: AddOnBase<TensorBoardOptions>): Adds<TensorBoardLoggerMembers> {
    abstract class TensorBoardLoggerTrainer extends Base implements TensorBoardLoggerMembers {
      readonly #settings: TensorBoardSettings;
      readonly #throughput = new ThroughputMeter();
      #directory: string | undefined;
      /** On rank 0, once the sink is open. */
      #events: RunEvents | undefined;
      /** Events of the run in all of its processes, on every rank. */
      #numRows = 0;

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        super(options);
        this.#settings = checkTensorBoardSettings(options.tensorboard);
      }

      get tensorboard(): TensorBoardLoggerMembers["tensorboard"] {
        return { directory: this.#directory };
      }

      protected override async setup(): Promise<void> {
        await super.setup();
        this.addLogSink({ name: "TensorBoardLogger", kinds, open: () => this.#open(), write: (record) => this.#write(record) });
        this.defer(() => {
          this.#events?.close();
          this.#events = undefined;
        });
      }
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        this.#throughput.start(this.progress.samples);
      }
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), tensorBoardLogger: { version: STATE_VERSION, numRows: this.#numRows } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        const entry = migrateState("TensorBoardLogger", state["tensorBoardLogger"] as StateRecord | undefined, STATE_VERSION);
        this.#numRows = Number(entry?.["numRows"] ?? 0);
        this.#events?.restore(this.#numRows);
      }

      async #open(): Promise<void> {
        const directory = this.#settings.directory ?? (await this.runFolder(new DiskStorage()));
        this.#directory = directory;
        if (this.processGroup.rank > 0) return;
        this.#events = new RunEvents(directory, this.#numRows, (step) =>
          this.logger.warning(
            `The run is not what its event files say from step ${step} on. The next one tells TensorBoard to forget what stood there.`,
          ),
        );
      }

      #write(record: LogRecord): void | Promise<void> {
        this.#numRows += numEventsOf(record);
        return this.#events?.write(this.#throughput.measured(record, this.progress.samples));
      }
    }
    return TensorBoardLoggerTrainer;
  },
});

import type { StateRecord } from "@snapfit/base";
import type { LogRecord, LogSink, StepResult } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import { contractData } from "../contract/run.js";
import { TinyTrainer, type ClassBatch } from "../tiny-trainers.js";

/** Names and texts that break what takes them for ASCII, for CSV or for a path. */
const ODD_NAME = '정확도/🎯 "a, b"';
const ODD_TEXT = '배치 🎉, "quoted", back\\slash,\n\ttwo lines';

/** A user's trainer below the loggers: logs numbers and texts of every kind in its steps. */
export class LoggingTrainer extends TinyTrainer {
  /** What add-ons have registered. */
  readonly sinks: LogSink[] = [];

  protected override addLogSink(sink: LogSink): void {
    this.sinks.push(sink);
    super.addLogSink(sink);
  }
  protected override trainingStep(batch: ClassBatch): StepResult {
    const { step } = this.progress;
    this.log("inputs", tf.mean(batch.x));
    this.log(ODD_NAME, step / 3);
    if (step % 4 === 1) this.logText("메모/📈", `${ODD_TEXT} ${step}`);
    if (step === 5) {
      this.log("odd/nan", NaN);
      this.log("odd/infinity", Infinity);
      this.log("odd/minus", -Infinity);
    }
    return super.trainingStep(batch);
  }
}

/** A user's whole program: logs before, between and after fits too. 18 steps. @param signal interrupts it */
export async function loggerScript(trainer: TinyTrainer, signal?: AbortSignal): Promise<void> {
  const { train, validation } = contractData();
  const stoppable = signal === undefined ? {} : { signal };
  trainer.logText("begin", "시작 🚀");
  await trainer.fit({ train, validation, epochs: 2, ...stoppable });
  await trainer.test(validation);
  trainer.log("between", 0.1 + 0.2);
  await trainer.fit({ train, validation, epochs: 1, ...stoppable });
  await trainer.test(validation);
  trainer.log("end", Number.MIN_VALUE);
}

/** What sinks were given, and a state with their number: the observer stands outside of all loggers, so its sink is the last. */
export interface Observer {
  readonly records: LogRecord[];
  /** Records that the restored state knew of. */
  numRestored: number;
  /** Called when all loggers have a record. */
  onRecord?: (record: LogRecord) => Promise<void>;
}

/** A class whose trainers tell an observer. */
export function observed<Class extends new (...args: never[]) => TinyTrainer>(Base: Class, observer: Observer): Class {
  class ObservedTrainer extends (Base as unknown as typeof TinyTrainer) {
    #numRecords = 0;
    protected override async setup(): Promise<void> {
      await super.setup();
      this.addLogSink({
        name: "observer",
        write: async (record) => {
          if (record.kind === "config" || this.processGroup.rank > 0) return;
          this.#numRecords += 1;
          observer.records.push(record);
          await observer.onRecord?.(record);
        },
      });
    }
    override async saveState(): Promise<StateRecord> {
      return { ...(await super.saveState()), observer: this.#numRecords };
    }
    override async loadState(state: StateRecord): Promise<void> {
      await super.loadState(state);
      this.#numRecords = observer.numRestored = Number(state["observer"] ?? 0);
    }
  }
  return ObservedTrainer as unknown as Class;
}

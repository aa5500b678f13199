import type { Row } from "./row-text.js";

const NAME = "train/samples_per_second";

/** Measures how fast a run trains, for the rows of a logger. The value stands in the log only: it is no part of the core's records, which are the same whenever the run does the same. */
export class ThroughputMeter {
  #samples = 0;
  #startMs: number | undefined;

  /** A fit begins, or goes on: the time before does not count. @param samples `trainer.progress.samples` */
  start(samples: number): void {
    this.#samples = samples;
    this.#startMs = performance.now();
  }

  /**
   * Adds `train/samples_per_second` to a record of training: samples of all ranks since the one before, or since the start of the fit, divided by the time
   * that has passed, validations and checkpoints included.
   * @returns other records, those without new samples, and those that have such a value as they are
   */
  measured<R extends Row>(record: R, samples: number): R {
    if (record.kind !== "scalars" || record.key !== "train" || this.#startMs === undefined) return record;
    const { values } = record as Row & { readonly values?: Readonly<Record<string, number>> };
    const rate = (1000 * (samples - this.#samples)) / (performance.now() - this.#startMs);
    this.start(samples);
    return rate > 0 && Number.isFinite(rate) && values?.[NAME] === undefined ? { ...record, values: { ...values, [NAME]: rate } } : record;
  }
}

import type { BatchSource } from "./batch.js";
import { formatEpoch } from "./console/format.js";
import type { Session } from "./session.js";
import type { WeightedMeans } from "./weighted-means.js";

const YIELD_EVERY_MS = 50;
const titles = { idle: "Training", train: "Training", validation: "Validation", test: "Test", prediction: "Prediction" };

/** The progress bar of one phase, and the turns that the loop gives to the event loop. */
export class PhaseProgress {
  readonly #session: Session;
  readonly #title: string;
  readonly #total: number | undefined;
  readonly #means: WeightedMeans;
  readonly #startMs = performance.now();
  readonly #doneBefore: number;
  #done: number;
  #samples = 0;
  #yieldedMs = performance.now();

  constructor(session: Session, source: BatchSource<unknown>, limit: number, means: WeightedMeans, doneBefore = 0) {
    this.#session = session;
    this.#means = means;
    this.#doneBefore = this.#done = doneBefore;
    const total = Math.min(numBatches(source) ?? Infinity, limit);
    this.#total = Number.isFinite(total) ? total : undefined;
    const { counters, phase, fit } = session;
    const isInFit = phase === "train" || session.isEpochRunning;
    this.#title = `${isInFit ? `${formatEpoch(counters.epoch, fit?.limits.epochs)} ` : ""}${titles[phase]}`;
    session.console.beginProgress();
  }

  /** Counts what is done, shows it if it is time, and lets timers, signals and sinks run at least every 50 ms. */
  advance(samples: number, batches = 1): void | Promise<void> {
    this.#done += batches;
    this.#samples += samples;
    if (this.#session.console.isProgressDue) {
      this.#session.console.showProgress({
        title: this.#title,
        done: this.#done,
        total: this.#total,
        doneBefore: this.#doneBefore,
        samples: this.#samples,
        seconds: (performance.now() - this.#startMs) / 1000,
        means: this.#means.means(),
      });
    }
    if (performance.now() - this.#yieldedMs >= YIELD_EVERY_MS) return this.#yield();
  }

  async #yield(): Promise<void> {
    await turn();
    this.#yieldedMs = performance.now();
  }
}

/** Batches of one pass, where the source says so. */
export function numBatches(source: BatchSource<unknown>): number | undefined {
  const length = typeof source === "function" ? undefined : (source as { length?: unknown }).length;
  return typeof length === "number" ? length : undefined;
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (done: () => void) => void };
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

import { retryDelayMs, type RetryPolicy } from "./retry-delay.js";
import { UploadError } from "./upload-error.js";

/** What an uploader drives: a log on one side, a service on the other. */
export interface UploadSource {
  /**
   * Sends the next piece of the log and notes that it has arrived. Repeats the same piece until it has.
   * @returns `more` if there may be another piece at once, `idle` if there is nothing new. @throws UploadError
   */
  send(signal: AbortSignal): Promise<"more" | "idle">;
}

/** Time, so that tests can be quick. */
export interface UploadClock {
  /** Calls back after a while; returns the undo. */
  after(delayMs: number, callback: () => void): () => void;
  /** In [0, 1). */
  random(): number;
}

export interface UploaderOptions {
  readonly policy: RetryPolicy;
  /** How often to look for new rows. */
  readonly idleMs: number;
  /** Told of the first failure after a success, of a refusal, and of the first success after a failure. */
  readonly onTrouble?: (error: UploadError | undefined) => void;
  readonly clock?: UploadClock;
}

/** How an upload has ended: all is there; the rest is late; or the service has refused it for good. */
export type UploadEnd = "complete" | "late" | "refused";

const systemClock: UploadClock = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** Brings a log to a service, piece by piece, one request at a time and in order. What fails is tried again for ever, unless the service refuses it for good. */
export class Uploader {
  readonly #source: UploadSource;
  readonly #options: UploaderOptions;
  readonly #clock: UploadClock;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #wake: (() => void) | undefined;
  #failures = 0;
  #refusal: UploadError | undefined;
  #isFinishing = false;
  #isComplete = false;

  /** Begins at once. */
  constructor(source: UploadSource, options: UploaderOptions) {
    this.#source = source;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#running = this.#run();
  }

  /** Sends what is there, without the waits between, until all has arrived or the time is over. Nothing is sent after that. */
  async finish(deadlineMs: number): Promise<UploadEnd> {
    this.#isFinishing = true;
    this.#wake?.();
    const cancel = this.#clock.after(deadlineMs, () => {
      this.#abort.abort();
      this.#wake?.();
    });
    await this.#running;
    cancel();
    if (this.#refusal !== undefined) return "refused";
    return this.#isComplete ? "complete" : "late";
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted && this.#refusal === undefined) {
      const outcome = await this.#try();
      if (outcome === "idle" && this.#isFinishing) {
        this.#isComplete = true;
        return;
      }
      if (outcome === "more") continue;
      await this.#pause(outcome === "idle" ? this.#options.idleMs : outcome);
    }
  }

  /** @returns the delay before the next try where this one has failed */
  async #try(): Promise<"more" | "idle" | number> {
    const { policy, onTrouble } = this.#options;
    try {
      const outcome = await this.#source.send(this.#abort.signal);
      if (this.#failures > 0) onTrouble?.(undefined);
      this.#failures = 0;
      return outcome;
    } catch (thrown) {
      if (this.#abort.signal.aborted) return 0;
      const error =
        thrown instanceof UploadError ? thrown : new UploadError((thrown as Error).message, { isPermanent: true, cause: thrown });
      this.#failures += 1;
      if (error.isPermanent) this.#refusal = error;
      if (error.isPermanent || this.#failures === 1) onTrouble?.(error);
      return retryDelayMs(policy, this.#failures, error.retryAfterMs, this.#clock.random());
    }
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#abort.signal.aborted) return Promise.resolve();
    // While finishing, an idle source has ended already: what waits here is a retry, and the service's wish holds.
    return new Promise((resolve) => {
      const cancel = this.#clock.after(delayMs, wake);
      function wake(): void {
        cancel();
        resolve();
      }
      this.#wake = wake;
    });
  }
}

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
  /** Calls back after a while; returns the undo. @param isAwaited whether the process stays alive for it */
  after(delayMs: number, callback: () => void, isAwaited: boolean): () => void;
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

/** Timers take no more: longer ones would end at once. */
const LONGEST_MS = 2 ** 31 - 1;

const systemClock: UploadClock = {
  after(delayMs, callback, isAwaited) {
    const timer: unknown = setTimeout(callback, Math.min(delayMs, LONGEST_MS));
    if (!isAwaited) (timer as { unref?: () => void }).unref?.(); // browsers have none
    return () => clearTimeout(timer as number);
  },
  random: Math.random,
};

/**
 * Brings a log to a service, piece by piece, one request at a time and in order. What fails is tried again for ever, unless the service refuses it for good.
 * Its memory is that of one piece. It keeps no process alive before `finish()`, and never throws.
 */
export class Uploader {
  readonly #source: UploadSource;
  readonly #options: UploaderOptions;
  readonly #clock: UploadClock;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #wake: (() => void) | undefined;
  #isAskedToWait = false;
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

  /**
   * Sends what is there until all has arrived or the time is over. A wait between tries is cut short, unless the service has asked for it.
   * Nothing is sent after that.
   */
  async finish(deadlineMs: number): Promise<UploadEnd> {
    this.#isFinishing = true;
    if (!this.#isAskedToWait) this.#wake?.();
    let cancel: (() => void) | undefined;
    const isOver = new Promise<void>((resolve) => {
      cancel = this.#clock.after(deadlineMs, resolve, true);
    });
    await Promise.race([this.#running, isOver]);
    cancel?.();
    this.#abort.abort();
    this.#wake?.();
    if (this.#refusal !== undefined) return "refused";
    return this.#isComplete ? "complete" : "late";
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted && this.#refusal === undefined) {
      const isLast = this.#isFinishing; // what was written while a piece was on its way is in the next one
      const outcome = await this.#try();
      if (outcome === "idle" && isLast) {
        this.#isComplete = true;
        return;
      }
      if (outcome === "more" || (outcome === "idle" && this.#isFinishing)) continue;
      await this.#pause(outcome === "idle" ? this.#options.idleMs : outcome);
    }
  }

  /** @returns the delay before the next try where this one has failed */
  async #try(): Promise<"more" | "idle" | number> {
    try {
      const outcome = await this.#source.send(this.#abort.signal);
      if (this.#failures > 0) this.#tell(undefined);
      this.#failures = 0;
      this.#isAskedToWait = false;
      return outcome;
    } catch (thrown) {
      if (this.#abort.signal.aborted) return 0;
      const error = thrown instanceof UploadError ? thrown : new UploadError(messageOf(thrown), { isPermanent: true, cause: thrown });
      this.#failures += 1;
      this.#isAskedToWait = error.retryAfterMs !== undefined;
      if (error.isPermanent) this.#refusal = error;
      if (error.isPermanent || this.#failures === 1) this.#tell(error);
      return retryDelayMs(this.#options.policy, this.#failures, error.retryAfterMs, this.#clock.random());
    }
  }

  #tell(trouble: UploadError | undefined): void {
    try {
      this.#options.onTrouble?.(trouble);
    } catch {} // who cannot be told must not end the upload
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#abort.signal.aborted || this.#refusal !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#wake = undefined;
        resolve();
      };
      const cancel = this.#clock.after(delayMs, wake, false);
      this.#wake = wake;
    });
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

import type { UploadClock } from "@snapfit/logging";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time that a test moves. */
export class FakeClock implements UploadClock {
  nowMs = 0;
  readonly #timers = new Set<Timer>();
  #onArmed: (() => void) | undefined;

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, callback };
    this.#timers.add(timer);
    this.#onArmed?.();
    return () => void this.#timers.delete(timer);
  }

  random(): number {
    return 0;
  }

  get numTimers(): number {
    return this.#timers.size;
  }

  /** Waits until there are so many timers, in real time; then lets the first one of them come. @returns the time */
  async next(numTimers = 1): Promise<number> {
    while (this.#timers.size < numTimers) await new Promise<void>((resolve) => (this.#onArmed = resolve));
    const first = [...this.#timers].reduce((one, other) => (other.atMs < one.atMs ? other : one));
    this.#timers.delete(first);
    this.nowMs = first.atMs;
    first.callback();
    return this.nowMs;
  }
}

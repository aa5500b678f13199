import type { Awaitable } from "./awaitable.js";

/** What is to be released when a trainer is closed. */
export class Cleanups {
  #cleanups: (() => Awaitable<void>)[] = [];

  add(cleanup: () => Awaitable<void>): void {
    this.#cleanups.push(cleanup);
  }

  /** Runs all in reverse, each in its own try. A second call finds nothing left to do. @throws AggregateError of what failed */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      try {
        await cleanup();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `Closing the trainer failed in ${errors.length} places: ${errors.map(String).join("; ")}`);
  }
}

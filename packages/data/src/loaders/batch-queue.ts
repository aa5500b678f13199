import { byteSize } from "../nested-arrays.js";
import { ShortBatch } from "./bad-sample.js";

const END = { done: true, value: undefined } as const;

/** How the batches of a pass are made. */
export interface BatchMaking {
  /** Starts batch `index`; called in order. Its answer, or what that resolves to, is {@link PASS_END} where there is none any more. */
  make(index: number): unknown;
  /** Called with true before a batch is waited for, and with false after. */
  hold?(isHeld: boolean): void;
  /** Called once, when no further batch will come. @param isLeft whether the pass was not used up. */
  end(isLeft: boolean): unknown;
}

/** Stands for a batch after the last one. */
export const PASS_END = Symbol("end of the pass");

/** How much is made ahead while a batch is used. */
export interface Ahead {
  readonly numBatches: number;
  readonly sizeBytes: number;
}

/**
 * The batches of one pass as an iterator that starts to make some of them ahead, if they must be waited for: batches that are ready at once are made when asked for.
 * After an error or `return()` it is at its end and holds nothing.
 */
export class BatchQueue implements AsyncIterator<unknown> {
  readonly #making: BatchMaking;
  readonly #numBatches: number;
  readonly #limits: Ahead;
  #ahead: unknown[] = [];
  #nextIndex: number;
  /** Of the batches that are ready; undefined before the first. */
  #largestBytes: number | undefined;
  #isLeft = false;
  #isEnded = false;

  /** Batches `first` to `numBatches` - 1. */
  constructor(first: number, numBatches: number, limits: Ahead, making: BatchMaking) {
    this.#nextIndex = first;
    this.#numBatches = numBatches;
    this.#limits = limits;
    this.#making = making;
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#isLeft) return END;
    if (this.#ahead.length === 0 && this.#nextIndex >= this.#numBatches) return this.#end(false);
    try {
      const batch = this.#ahead.length > 0 ? this.#ahead.shift()! : this.#start();
      const value = batch instanceof Promise ? await this.#wait(batch) : batch;
      // A pass that was left while this batch was under way gives it to no one.
      if (this.#isLeft) return END;
      return value === PASS_END ? await this.#end(false) : { done: false, value };
    } catch (error) {
      if (this.#isLeft) return END;
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#isLeft = true;
    return this.#end(true);
  }

  async #wait(batch: Promise<unknown>): Promise<unknown> {
    this.#making.hold?.(true);
    try {
      this.#fill();
      const value = await batch;
      if (this.#limits.sizeBytes < Infinity && !this.#isLeft) this.#fill(); // its size is known now
      return value;
    } finally {
      this.#making.hold?.(false);
    }
  }

  async #end(isLeft: boolean): Promise<IteratorResult<unknown>> {
    this.#ahead = [];
    this.#nextIndex = Infinity;
    const isFirst = !this.#isEnded;
    this.#isEnded = true;
    if (isFirst) await this.#making.end(isLeft);
    return END;
  }

  #start(): unknown {
    let batch: unknown;
    try {
      batch = this.#making.make(this.#nextIndex++);
    } catch (error) {
      batch = Promise.reject(error as Error);
    }
    if (!(batch instanceof Promise)) return batch;
    if (this.#limits.sizeBytes < Infinity) batch = batch.then((value) => this.#measure(value));
    // An error is thrown by the next() that hands the batch out; until then no one listens.
    (batch as Promise<unknown>).catch(() => {});
    return batch;
  }

  #measure(batch: unknown): unknown {
    this.#largestBytes = Math.max(this.#largestBytes ?? 1, byteSize(batch instanceof ShortBatch ? batch.batch : batch));
    return batch;
  }

  #fill(): void {
    const { numBatches, sizeBytes } = this.#limits;
    const fitting = sizeBytes === Infinity ? Infinity : Math.floor(sizeBytes / (this.#largestBytes ?? Infinity));
    while (this.#ahead.length < Math.min(numBatches, fitting) && this.#nextIndex < this.#numBatches) this.#ahead.push(this.#start());
  }
}

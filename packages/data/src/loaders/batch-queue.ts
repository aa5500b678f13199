const END = { done: true, value: undefined } as const;

/**
 * The batches of one pass as an iterator that starts to make `prefetch` of them ahead, if they must be waited for: batches that are ready at once are made when asked for.
 * After an error or `return()` it is at its end and holds nothing.
 */
export class BatchQueue<Batch> implements AsyncIterator<Batch> {
  readonly #make: (index: number) => Batch | Promise<Batch>;
  readonly #numBatches: number;
  readonly #prefetch: number;
  readonly #onEnd: () => void;
  #ahead: (Batch | Promise<Batch>)[] = [];
  #nextIndex: number;
  #isLeft = false;
  #isEnded = false;

  /** @param make starts batch `index`, `first` to `numBatches` - 1, in order. @param onEnd called once, when no further batch will come. */
  constructor(first: number, numBatches: number, prefetch: number, make: (index: number) => Batch | Promise<Batch>, onEnd: () => void) {
    this.#nextIndex = first;
    this.#numBatches = numBatches;
    this.#prefetch = prefetch;
    this.#make = make;
    this.#onEnd = onEnd;
  }

  async next(): Promise<IteratorResult<Batch>> {
    if (this.#isLeft) return END;
    if (this.#ahead.length === 0 && this.#nextIndex >= this.#numBatches) {
      this.#end();
      return END;
    }
    try {
      const batch = this.#ahead.length > 0 ? this.#ahead.shift()! : this.#start();
      if (batch instanceof Promise) this.#fill();
      const value = await batch;
      // A pass that was left while this batch was under way gives it to no one.
      return this.#isLeft ? END : { done: false, value };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Batch>> {
    this.#isLeft = true;
    this.#ahead = [];
    this.#end();
    return END;
  }

  #end(): void {
    if (!this.#isEnded) this.#onEnd();
    this.#isEnded = true;
  }

  #start(): Batch | Promise<Batch> {
    let batch: Batch | Promise<Batch>;
    try {
      batch = this.#make(this.#nextIndex++);
    } catch (error) {
      batch = Promise.reject(error as Error);
    }
    // An error is thrown by the next() that hands the batch out; until then no one listens.
    if (batch instanceof Promise) batch.catch(() => {});
    return batch;
  }

  #fill(): void {
    while (this.#ahead.length < this.#prefetch && this.#nextIndex < this.#numBatches) this.#ahead.push(this.#start());
  }
}

/** What one rank calls: the title says all that must be equal on all ranks. */
export interface CollectiveCall {
  readonly title: string;
  readonly value: unknown;
}

/** One meeting of all ranks: resolves, for everyone, to the values of all in rank order once the last has come. */
export class Collective {
  /** The rank that came first, and its call. */
  readonly rank: number;
  readonly call: CollectiveCall;
  readonly #values: unknown[];
  readonly #joined = new Set<number>();
  readonly #result: Promise<unknown[]>;
  #resolve!: (values: unknown[]) => void;
  #reject!: (error: unknown) => void;

  constructor(size: number, rank: number, call: CollectiveCall) {
    this.rank = rank;
    this.call = call;
    this.#values = new Array<unknown>(size).fill(undefined);
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Those who wait see the rejection; the promise itself may have no one yet.
    this.#result.catch(() => {});
  }

  get isComplete(): boolean {
    return this.#joined.size === this.#values.length;
  }

  hasJoined(rank: number): boolean {
    return this.#joined.has(rank);
  }

  join(rank: number, value: unknown): Promise<unknown[]> {
    this.#values[rank] = value;
    this.#joined.add(rank);
    if (this.isComplete) this.#resolve(this.#values);
    return this.#result;
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}

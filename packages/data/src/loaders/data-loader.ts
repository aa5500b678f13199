import { RandomStream, SnapfitError, type Loader, type StateRecord } from "@snapfit/base";
import { BatchQueue } from "./batch-queue.js";
import { checkLoaderState, type LoaderSettings } from "./loader-state.js";
import type { BatchMaker } from "./make-batches.js";
import { batchBounds, numBatches, numWindows, windowsAfter, type Shard } from "./shard.js";

/** A place in the sequence of passes: before window `window` of pass `pass`. */
interface Position {
  readonly pass: number;
  readonly window: number;
}

/** A pass that was begun. */
interface RunningPass extends Position {
  readonly shard: Shard;
  isEnded: boolean;
}

/**
 * What `loader()` makes. A pass begins when its first batch is asked for, and ends when it is used up or left; iterating again is the next pass.
 * Two passes may overlap: each yields its own batches, and {@link saveState} speaks of the one that began last.
 */
export class DataLoader<Batch> implements Loader<Batch> {
  readonly #settings: LoaderSettings;
  readonly #prefetch: number;
  readonly #makeBatch: BatchMaker;
  #shard: Shard;
  #next: Position = { pass: 0, window: 0 };
  #running: RunningPass | undefined;

  /** For `loader()`, which checks the options. */
  constructor(settings: LoaderSettings, prefetch: number, makeBatch: BatchMaker) {
    this.#settings = settings;
    this.#prefetch = prefetch;
    this.#makeBatch = makeBatch;
    const { samples, batchSize, dropLast } = settings;
    this.#shard = { numSamples: samples, batchSize, dropLast, rank: 0, size: 1 };
  }

  get length(): number {
    return numBatches(this.#shard);
  }

  get numSamples(): number {
    const { numSamples, batchSize, size } = this.#shard;
    return Math.min(numSamples, numWindows(this.#shard) * batchSize * size);
  }

  /**
   * Takes the part of rank `rank` of `size` from the next pass on. `batchSize` counts for each rank: of every `batchSize * size` samples in the order of the pass,
   * rank r takes the r-th chunk. So the ranks' batches of a step, one after the other, are the batch that a single process with `batchSize * size` would take.
   * A last, shorter window is shared as evenly as possible; a rank that would get nothing yields one batch less.
   * @throws SnapfitError `LOADER_OPTIONS`; `LOADER_CHANGED` if a state waits that was taken within a pass of another number of ranks.
   */
  setShard(rank: number, size: number): void {
    if (!Number.isInteger(size) || size < 1 || !Number.isInteger(rank) || rank < 0 || rank >= size) {
      throw new SnapfitError(
        "LOADER_OPTIONS",
        `setShard(${rank}, ${size}) is no part of a whole. size is at least 1, and rank is 0 to size - 1. Pass the rank and size of the process group.`,
      );
    }
    if (this.#next.window > 0 && size !== this.#shard.size) {
      throw new SnapfitError(
        "LOADER_CHANGED",
        `A state taken within a pass of ${this.#shard.size} ranks cannot go on with ${size}. The samples left are shared differently. Call setShard() before loadState(), or start with the same number of ranks.`,
      );
    }
    this.#shard = { ...this.#shard, rank, size };
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    let queue: BatchQueue<Batch> | undefined;
    let isLeft = false;
    return {
      next: async () => (isLeft ? { done: true, value: undefined } : (queue ??= this.#beginPass()).next()),
      return: async () => {
        isLeft = true;
        return queue ? queue.return() : { done: true, value: undefined };
      },
    };
  }

  /**
   * The state after `numSamples` samples of the running pass were used on this rank, counted from the beginning of the pass, before a resume too.
   * After a pass has ended or was left: 0 is the beginning of the next one, a larger number a place in the one that ended.
   * @throws SnapfitError `LOADER_POSITION` if that is not between two batches, or before the place where the pass was resumed.
   */
  saveState(numSamples: number): StateRecord {
    const running = this.#running;
    const { ranks, ...position } =
      numSamples === 0 && (!running || running.isEnded) ? { ...this.#next, ranks: this.#shard.size } : this.#positionAfter(numSamples);
    return { ...this.#settings, ranks, ...position };
  }

  /**
   * The next pass continues where the state was taken. The state does not depend on the rank.
   * @throws SnapfitError `LOADER_CHANGED` that names what differs.
   */
  loadState(state: StateRecord): void {
    const { ranks, pass, window } = checkLoaderState(state, this.#settings);
    if (window > 0 && ranks !== this.#shard.size) {
      throw new SnapfitError(
        "LOADER_CHANGED",
        `The state was taken within a pass of ${ranks} ranks, but there are ${this.#shard.size} now. The samples left are shared differently. Start with the same number of ranks, or from a state between passes.`,
      );
    }
    this.#next = { pass, window };
    this.#running = undefined;
  }

  #positionAfter(numSamples: number): Position & { readonly ranks: number } {
    const { pass, window: first, shard } = this.#running ?? { ...this.#next, shard: this.#shard };
    const window = windowsAfter(shard, numSamples);
    if (window === undefined || window < Math.min(first, numBatches(shard))) {
      throw new SnapfitError(
        "LOADER_POSITION",
        `${numSamples} samples of pass ${pass} are not the end of a batch of ${shard.batchSize}${first > 0 ? ` after window ${first}, where it was resumed` : ""}. saveState() counts all samples that this rank has used since the beginning of the pass. Pass the sum of the batches' sizes.`,
      );
    }
    return { pass, window, ranks: shard.size };
  }

  #beginPass(): BatchQueue<Batch> {
    const { pass, window } = this.#next;
    const running = { pass, window, shard: this.#shard, isEnded: false };
    this.#running = running;
    this.#next = { pass: pass + 1, window: 0 };
    const order = this.#order(pass);
    const make = (index: number): Batch | Promise<Batch> =>
      this.#makeBatch(order.slice(...batchBounds(running.shard, index)), pass) as Batch | Promise<Batch>;
    return new BatchQueue(window, numBatches(running.shard), this.#prefetch, make, () => (running.isEnded = true));
  }

  /** The order of all samples in a pass: a function of seed and pass, so that any pass can be had without those before it. */
  #order(pass: number): Uint32Array {
    const { samples, seed, shuffle } = this.#settings;
    return shuffle ? RandomStream.fromSeed(seed, "shuffle", pass).permutation(samples) : Uint32Array.from({ length: samples }, (_, i) => i);
  }
}

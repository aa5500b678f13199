import { SnapfitError, type StateRecord } from "@snapfit/base";
import { BadSampleCounter, ShortBatch, type BadSamples } from "./bad-sample.js";
import type { BatchQueue } from "./batch-queue.js";
import { checkLoaderState, type LoaderSettings } from "./loader-state.js";
import { MissingSamples } from "./missing-samples.js";
import { checkShard, type Shard } from "./shard.js";
import type { Windows } from "./windows.js";

/** A place in the sequence of passes: before window `window` of pass `pass`. */
export interface Position {
  readonly pass: number;
  readonly window: number;
  /** Samples of the pass that are missing in the batches before it, on this rank: bad ones that were left out. */
  readonly missing: number;
}

/** Counts samples and windows of a pass. */
export type PassCut = Pick<Windows, "numBatches" | "after">;

/** A pass that was begun. */
export interface RunningPass extends Position {
  readonly shard: Shard;
  readonly cut: PassCut;
  /** What is missing since it was begun or resumed. */
  readonly missingSamples: MissingSamples;
  isEnded: boolean;
}

/**
 * Pass after pass of batches, with a place that can be saved and taken up. A pass begins when its first batch is asked for, and ends when it is used up or left;
 * iterating again is the next pass. Two passes may overlap: each yields its own batches, and {@link saveState} speaks of the one that began last.
 */
export abstract class PassLoader<Batch> implements AsyncIterable<Batch> {
  readonly #settings: LoaderSettings;
  readonly #bad = new BadSampleCounter();
  #next: Position = { pass: 0, window: 0, missing: 0 };
  #running: RunningPass | undefined;
  #shard: Shard;

  protected constructor(settings: LoaderSettings) {
    this.#settings = settings;
    this.#shard = { batchSize: settings.batchSize, dropLast: settings.dropLast, rank: 0, size: 1 };
  }

  /** The bad samples that were left out of the batches yielded so far: see the option `onBadSample`. */
  get badSamples(): BadSamples {
    return this.#bad.summary;
  }

  /** The pass that begins next. */
  protected get nextPass(): number {
    return this.#next.pass;
  }

  protected get shard(): Shard {
    return this.#shard;
  }

  /** How a pass is cut. */
  protected abstract cutOf(pass: number, shard: Shard): PassCut;

  /** The batches of a pass from `running.window` on. Sets `running.isEnded` at its end. */
  protected abstract begin(running: RunningPass): BatchQueue;

  /**
   * Takes the part of rank `rank` of `size` from the next pass on.
   * @throws SnapfitError `OPTION_INVALID`; `LOADER_CHANGED` if a state waits that was taken within a pass of another number of ranks.
   */
  setShard(rank: number, size: number): void {
    checkShard(rank, size);
    if (this.#next.window > 0 && size !== this.#shard.size) {
      throw new SnapfitError(
        "LOADER_CHANGED",
        `A state taken within a pass of ${this.#shard.size} ranks cannot go on with ${size}. The samples left are shared differently. Call setShard() before loadState(), or start with the same number of ranks.`,
      );
    }
    this.#shard = { ...this.#shard, rank, size };
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch> {
    let begun: { readonly running: RunningPass; readonly queue: BatchQueue } | undefined;
    let isLeft = false;
    return {
      next: async () => {
        if (isLeft) return { done: true, value: undefined };
        begun ??= this.#beginPass();
        for (;;) {
          const item = await begun.queue.next();
          if (item.done || !(item.value instanceof ShortBatch)) return item as IteratorResult<Batch>;
          const { batch, bad, window, missing } = item.value;
          begun.running.missingSamples.add(window, missing);
          this.#bad.add(bad);
          if (batch !== undefined) return { done: false, value: batch as Batch };
        }
      },
      return: async () => {
        isLeft = true;
        return begun ? (begun.queue.return() as Promise<IteratorResult<Batch>>) : { done: true, value: undefined };
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
    const isBetween = numSamples === 0 && (!running || running.isEnded);
    const { pass, window, missing, ranks } = isBetween ? { ...this.#next, ranks: this.#shard.size } : this.#positionAfter(numSamples);
    return { ...this.#settings, ranks, pass, window, ...(missing > 0 && { missing }) };
  }

  /**
   * The next pass continues where the state was taken. The state is the same on all ranks, unless bad samples were left out.
   * @throws SnapfitError `LOADER_CHANGED` that names what differs.
   */
  loadState(state: StateRecord): void {
    const { ranks, pass, window, missing = 0 } = checkLoaderState(state, this.#settings);
    if (window > 0 && ranks !== this.#shard.size) {
      throw new SnapfitError(
        "LOADER_CHANGED",
        `The state was taken within a pass of ${ranks} ranks, but there are ${this.#shard.size} now. The samples left are shared differently. Start with the same number of ranks, or from a state between passes.`,
      );
    }
    this.#next = { pass, window, missing };
    this.#running = undefined;
  }

  #positionAfter(numSamples: number): Position & { readonly ranks: number } {
    const { pass, window: first, shard, cut, missingSamples } = this.#running ?? this.#passAt(this.#next);
    const place = missingSamples.placeAfter(numSamples, (count) => cut.after(count));
    if (place === undefined || place.window < Math.min(first, cut.numBatches)) {
      throw new SnapfitError(
        "LOADER_POSITION",
        `${numSamples} samples of pass ${pass} are not the end of a batch of ${shard.batchSize}${first > 0 ? ` after window ${first}, where it was resumed` : ""}. saveState() counts all samples that this rank has used since the beginning of the pass. Pass the sum of the batches' sizes.`,
      );
    }
    return { pass, ...place, ranks: shard.size };
  }

  #passAt(position: Position): RunningPass {
    const missingSamples = new MissingSamples(position.missing);
    return { ...position, shard: this.#shard, cut: this.cutOf(position.pass, this.#shard), missingSamples, isEnded: false };
  }

  #beginPass(): { readonly running: RunningPass; readonly queue: BatchQueue } {
    const running = this.#passAt(this.#next);
    this.#running = running;
    this.#next = { pass: running.pass + 1, window: 0, missing: 0 };
    return { running, queue: this.begin(running) };
  }
}

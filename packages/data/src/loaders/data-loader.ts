import { RandomStream, type Loader } from "@snapfit/base";
import type { Sampler } from "../samplers/sampler.js";
import { BatchQueue, type Ahead } from "./batch-queue.js";
import type { BatchSource } from "./batch-source.js";
import type { LoaderSettings } from "./loader-state.js";
import type { BatchMaker } from "./make-batches.js";
import { PassLoader, type RunningPass } from "./pass-loader.js";
import type { Shard } from "./shard.js";
import { cutWindows, evenWindows, type Windows } from "./windows.js";

/** What a pass takes, in which order, and how it is cut. */
interface PassPlan {
  readonly pass: number;
  readonly shard: Shard;
  readonly indices: Uint32Array;
  readonly windows: Windows;
}

/** What `loader()` makes: batches of a set, pass after pass. */
export class DataLoader<Batch> extends PassLoader<Batch> implements Loader<Batch> {
  readonly #numInSet: number;
  readonly #order: { readonly seed: number; readonly isShuffled: boolean; readonly sampler: Sampler | undefined };
  readonly #ahead: Ahead;
  readonly #source: BatchSource<BatchMaker>;
  /** The plan that was asked for last. */
  #plan: PassPlan | undefined;

  /** For `loader()`, which checks the options. */
  constructor(
    settings: LoaderSettings & { readonly samples: number; readonly shuffle: boolean },
    sampler: Sampler | undefined,
    ahead: Ahead,
    source: BatchSource<BatchMaker>,
  ) {
    super(settings);
    this.#numInSet = settings.samples;
    this.#order = { seed: settings.seed, isShuffled: settings.shuffle, sampler };
    this.#ahead = ahead;
    this.#source = source;
  }

  get length(): number {
    return this.cutOf(this.nextPass, this.shard).numBatches;
  }

  get numSamples(): number {
    return this.cutOf(this.nextPass, this.shard).numSamples;
  }

  /**
   * Takes the part of rank `rank` of `size` from the next pass on. `batchSize` counts for each rank: of every `batchSize * size` samples in the order of the pass,
   * rank r takes the r-th chunk. So the ranks' batches of a step, one after the other, are the batch that a single process with `batchSize * size` would take.
   * A last, shorter window is shared as evenly as possible; a rank that would get nothing yields one batch less.
   * @throws SnapfitError `OPTION_INVALID`; `LOADER_CHANGED` if a state waits that was taken within a pass of another number of ranks.
   */
  override setShard(rank: number, size: number): void {
    super.setShard(rank, size);
  }

  protected override cutOf(pass: number, shard: Shard): Windows {
    const { sampler } = this.#order;
    return sampler ? this.#planOf(pass, shard).windows : evenWindows(this.#numInSet, shard);
  }

  protected override begin(running: RunningPass): BatchQueue {
    const { indices, windows } = this.#planOf(running.pass, running.shard);
    this.#plan = undefined;
    const repeats = this.#order.sampler ? repeatsOf(indices, this.#numInSet) : undefined;
    const source = this.#source.open();
    return new BatchQueue(running.window, windows.numBatches, this.#ahead, {
      make(window) {
        const [start, end] = windows.batchBounds(window);
        return source.make({ pass: running.pass, window, indices: indices.slice(start, end), repeats: repeats?.slice(start, end) });
      },
      hold: (isHeld) => source.hold?.(isHeld),
      end(isLeft) {
        running.isEnded = true;
        return source.close?.(isLeft);
      },
    });
  }

  /** A function of seed and pass, so that any pass can be had without those before it. */
  #planOf(pass: number, shard: Shard): PassPlan {
    if (this.#plan?.pass === pass && this.#plan.shard === shard) return this.#plan;
    const { seed, isShuffled, sampler } = this.#order;
    const random = RandomStream.fromSeed(seed, "shuffle", pass);
    if (!sampler) {
      const indices = isShuffled ? random.permutation(this.#numInSet) : Uint32Array.from({ length: this.#numInSet }, (_, i) => i);
      return { pass, shard, indices, windows: evenWindows(this.#numInSet, shard) };
    }
    const { indices, windowEnds } = sampler.order(random, shard.batchSize * shard.size);
    const windows = windowEnds ? cutWindows(windowEnds, shard) : evenWindows(indices.length, shard);
    return (this.#plan = { pass, shard, indices, windows });
  }
}

/** How often each sample stands in the order before, or undefined if none does. */
function repeatsOf(indices: Uint32Array, numInSet: number): Uint32Array | undefined {
  const times = new Uint32Array(numInSet);
  const repeats = indices.map((index) => times[index]!++);
  return repeats.some((repeat) => repeat > 0) ? repeats : undefined;
}

import { RandomStream, SnapfitError, type HostTensor, type Loader, type StateRecord } from "@snapfit/base";
import { takeRows } from "./seeded-samples.js";

/** Options of {@link tinyLoader}. */
export interface TinyLoaderOptions {
  /** On each rank. @default 4 */
  readonly batchSize?: number;
  /** A new order each pass, by `seed` and the number of the pass. @default false */
  readonly shuffle?: boolean;
  /** @default 1 */
  readonly seed?: number;
}

/** Before batch `batch` of this rank in pass `pass`. */
interface Position {
  readonly pass: number;
  readonly batch: number;
}

/**
 * Arrays in memory as a loader that can be saved within a pass and shared by ranks: of every `batchSize * size` samples in the order of a pass, rank r takes
 * the r-th part, so that the ranks' batches of a step are the batch of one process with `batchSize * size`.
 */
export function tinyLoader<Samples extends Readonly<Record<keyof Samples, HostTensor>>>(
  samples: Samples,
  options: TinyLoaderOptions = {},
): Loader<Samples> {
  return new TinyLoader(samples, options);
}

class TinyLoader<Samples extends Readonly<Record<keyof Samples, HostTensor>>> implements Loader<Samples> {
  readonly numSamples: number;
  readonly #samples: Samples;
  readonly #options: Required<TinyLoaderOptions>;
  #shard = { rank: 0, size: 1 };
  #next: Position = { pass: 0, batch: 0 };
  /** The pass that was begun last, if it has not ended. */
  #running: number | undefined;
  #lastPass = 0;

  constructor(samples: Samples, { batchSize = 4, shuffle = false, seed = 1 }: TinyLoaderOptions) {
    this.#samples = samples;
    this.#options = { batchSize, shuffle, seed };
    this.numSamples = Object.values<HostTensor>(samples)[0]!.shape[0]!;
  }

  get length(): number {
    return this.#bounds().length;
  }

  setShard(rank: number, size: number): void {
    this.#shard = { rank, size };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Samples, void, undefined> {
    const { pass, batch } = this.#next;
    const order = this.#order(pass);
    const bounds = this.#bounds().slice(batch);
    this.#next = { pass: pass + 1, batch: 0 };
    this.#running = this.#lastPass = pass;
    try {
      for (const [start, end] of bounds) yield takeRows(this.#samples, order.slice(start, end));
    } finally {
      if (this.#running === pass) this.#running = undefined;
    }
  }

  /** Within a pass the place after `numSamples` samples of it; with none running, 0 is the next pass and more a place in the one that ended. */
  saveState(numSamples: number): StateRecord {
    const at =
      this.#running === undefined && numSamples === 0 ? this.#next : { pass: this.#lastPass, batch: this.#batchesAfter(numSamples) };
    return { ...this.#options, numSamples: this.numSamples, ranks: this.#shard.size, pass: at.pass, batch: at.batch };
  }

  loadState(state: StateRecord): void {
    const own: Record<string, unknown> = {
      ...this.#options,
      numSamples: this.numSamples,
      ...(Number(state["batch"]) > 0 && { ranks: this.#shard.size }),
    };
    const different = Object.keys(own).filter((name) => own[name] !== state[name]);
    if (different.length > 0) {
      const what = different.map((name) => `${name} ${String(state[name])}, now ${String(own[name])}`).join("; ");
      throw new SnapfitError(
        "LOADER_CHANGED",
        `The loader is not the one of the state: ${what}. A pass goes on only with the same settings. Use those of the state.`,
      );
    }
    this.#next = { pass: Number(state["pass"]), batch: Number(state["batch"]) };
    this.#running = undefined;
    this.#lastPass = this.#next.pass;
  }

  /** The order of all samples in a pass, which depends on nothing before it. */
  #order(pass: number): number[] {
    const { shuffle, seed } = this.#options;
    return shuffle
      ? [...RandomStream.fromSeed(seed, "tinyLoader", pass).permutation(this.numSamples)]
      : Array.from({ length: this.numSamples }, (_, i) => i);
  }

  /** Positions [start, end) of this rank's batches in the order of a pass. A last, shorter part is shared as evenly as possible; nobody gets an empty batch. */
  #bounds(): [number, number][] {
    const { rank, size } = this.#shard;
    const bounds: [number, number][] = [];
    const whole = this.#options.batchSize * size;
    for (let first = 0; first < this.numSamples; first += whole) {
      const count = Math.min(whole, this.numSamples - first);
      const start = first + rank * Math.floor(count / size) + Math.min(rank, count % size);
      const own = Math.floor(count / size) + (rank < count % size ? 1 : 0);
      if (own > 0) bounds.push([start, start + own]);
    }
    return bounds;
  }

  #batchesAfter(numSamples: number): number {
    let left = numSamples;
    let batches = 0;
    for (const [start, end] of this.#bounds()) {
      if (left <= 0) break;
      left -= end - start;
      batches += 1;
    }
    if (left === 0) return batches;
    throw new SnapfitError(
      "LOADER_POSITION",
      `${numSamples} samples are not the end of a batch. saveState() counts the samples that this rank has used since the pass began. Pass the sum of the batches' sizes.`,
    );
  }
}

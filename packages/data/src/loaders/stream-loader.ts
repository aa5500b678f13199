import { checkOption, RandomStream, type OptionCheck } from "@snapfit/base";
import { ShortBatch } from "./bad-sample.js";
import { BatchQueue, PASS_END, type Ahead } from "./batch-queue.js";
import type { BatchSource, SampleBatchMaker } from "./batch-source.js";
import type { LoaderSettings } from "./loader-state.js";
import { PassLoader, type PassCut, type RunningPass } from "./pass-loader.js";
import type { Shard } from "./shard.js";
import { shuffled, type Placed } from "./shuffle-buffer.js";

/** Makes the samples of a pass. */
export type StreamSource<Sample> = (pass: number) => Iterable<Sample> | AsyncIterable<Sample>;

/** What `stream()` makes: batches of a source without a length, pass after pass. */
export class StreamLoader<Batch> extends PassLoader<Batch> {
  readonly #settings: LoaderSettings & { readonly shuffleBuffer: number };
  readonly #source: StreamSource<unknown>;
  readonly #ahead: Ahead;
  readonly #batches: BatchSource<SampleBatchMaker>;

  /** For `stream()`, which checks the options. */
  constructor(
    settings: LoaderSettings & { readonly shuffleBuffer: number },
    source: StreamSource<unknown>,
    ahead: Ahead,
    batches: BatchSource<SampleBatchMaker>,
  ) {
    super(settings);
    this.#settings = settings;
    this.#source = source;
    this.#ahead = ahead;
    this.#batches = batches;
  }

  /**
   * Takes the part of rank `rank` of `size` from the next pass on: of the source's samples the `rank`-th of each `size`, which it shuffles by itself.
   * A rank yields one sample less than another, or one batch, if they do not come out even.
   * @throws SnapfitError `OPTION_INVALID`; `LOADER_CHANGED` if a state waits that was taken within a pass of another number of ranks.
   */
  override setShard(rank: number, size: number): void {
    super.setShard(rank, size);
  }

  /** Batches are counted as they come. A shorter last one counts as full, with samples missing. */
  protected override cutOf(_pass: number, { batchSize }: Shard): PassCut {
    return {
      numBatches: Infinity,
      after: (numSamples) => (numSamples >= 0 && numSamples % batchSize === 0 ? numSamples / batchSize : undefined),
    };
  }

  protected override begin(running: RunningPass): BatchQueue {
    const { pass, window: first, shard } = running;
    const samples = this.#samplesOf(pass, shard);
    const batches = this.#batches.open();
    let reading: Promise<unknown> = skip(samples, first * shard.batchSize);
    return new BatchQueue(first, Infinity, this.#ahead, {
      make: (window) => {
        const taken = reading.then(() => take(samples, shard.batchSize));
        reading = taken;
        return taken.then((placed) => makeBatch(batches.make, pass, window, placed, shard));
      },
      hold: (isHeld) => batches.hold?.(isHeld),
      async end(isLeft) {
        running.isEnded = true;
        await batches.close?.(isLeft);
        await samples.return(undefined);
      },
    });
  }

  /** This rank's samples of a pass in their order, with their places in the source. */
  #samplesOf(pass: number, { rank, size }: Shard): AsyncGenerator<Placed, void> {
    const { seed, shuffleBuffer } = this.#settings;
    const part = everyNth(this.#source(pass), rank, size);
    return shuffleBuffer > 1 ? shuffled(part, shuffleBuffer, RandomStream.fromSeed(seed, "shuffle", pass, rank)) : part;
  }
}

function makeBatch(make: SampleBatchMaker, pass: number, window: number, placed: readonly Placed[], shard: Shard): unknown {
  const missing = shard.batchSize - placed.length;
  if (placed.length === 0 || (shard.dropLast && missing > 0)) return PASS_END;
  const request = { pass, window, indices: Uint32Array.from(placed, ({ index }) => index), repeats: undefined };
  const batch = make(
    request,
    placed.map(({ sample }) => sample),
  );
  if (missing === 0) return batch;
  return batch instanceof Promise ? batch.then((made) => shorten(window, made, missing)) : shorten(window, batch, missing);
}

/** A last batch, with what is missing to a full one besides bad samples. */
function shorten(window: number, made: unknown, missing: number): ShortBatch {
  return made instanceof ShortBatch
    ? new ShortBatch(window, made.batch, made.missing + missing, made.bad)
    : new ShortBatch(window, made, missing, []);
}

async function* everyNth(source: Iterable<unknown> | AsyncIterable<unknown>, rank: number, size: number): AsyncGenerator<Placed, void> {
  const isIterable: OptionCheck[1] = (value) => Symbol.iterator in Object(value) || Symbol.asyncIterator in Object(value);
  checkOption("stream()", "samples of its source", source, ["an iterable or an async iterable", isIterable]);
  let index = 0;
  for await (const sample of source) {
    if (index % size === rank) yield { index, sample };
    index++;
  }
}

async function skip(samples: AsyncIterator<unknown>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) if ((await samples.next()).done) return;
}

async function take(samples: AsyncIterator<Placed, void>, count: number): Promise<Placed[]> {
  const taken: Placed[] = [];
  while (taken.length < count) {
    const item = await samples.next();
    if (item.done) break;
    taken.push(item.value);
  }
  return taken;
}

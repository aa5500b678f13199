import { checkOptions, SnapfitError, trueOrFalse, wholeNumberFrom, type OptionChecks } from "@snapfit/base";
import { isDecoded, type DecodedSet } from "../decoded-set.js";
import { checkSet, type BatchAccess, type RandomAccess } from "../random-access.js";
import type { Sampler } from "../samplers/sampler.js";
import { ThreadSource } from "../workers/thread-source.js";
import type { Collated } from "./collate.js";
import type { BatchSource } from "./batch-source.js";
import { DataLoader } from "./data-loader.js";
import { batchMaker, type BatchContext, type BatchMaker, type BatchMakerOptions, type TransformContext } from "./make-batches.js";
import { batchChecks, batchSettings, functionOrModule } from "./options.js";

/** Options of {@link loader}. */
export type LoaderOptions = BatchOptions & OrderOptions;

/** How batches are cut and read ahead. */
export interface BatchOptions {
  /** Samples in a batch, on each rank. @default 32 */
  readonly batchSize?: number;
  /** Seed of the order and of the transform's random numbers. @default 0 */
  readonly seed?: number;
  /** Whether to leave out the last batch (with several ranks: the last window of batches) if it is shorter. @default false */
  readonly dropLast?: boolean;
  /** Batches that are made ahead while one is used, if they must be waited for. @default 2; with `workers`, two for each */
  readonly prefetch?: number;
  /** Bytes that batches made ahead may have together: less of them are made if the largest one so far, times their number, would be more. @default Infinity */
  readonly prefetchBytes?: number;
}

/** In which order a pass takes the samples: as they stand, shuffled, or as a sampler says. */
export type OrderOptions =
  | {
      /** Whether each pass takes the samples in an order of its own, drawn from `seed` and the pass. @default false */
      readonly shuffle?: boolean;
      readonly sampler?: never;
    }
  | {
      readonly shuffle?: false;
      /** Which samples a pass takes and in which order, in place of `shuffle`: {@link weightedSampler} and others. */
      readonly sampler: Sampler;
    };

/** Options that make other batches. */
export interface CollateOptions<Changed, Batch> {
  /** Makes a batch of samples, in arrays of its own; with `random` it may change batches at random, the same after a resume. @default {@link collate} */
  readonly collate?: (samples: Changed[], context: BatchContext) => Batch | Promise<Batch>;
  /** Whether a sample whose reading or transform throws a SnapfitError of code `SAMPLE_BAD` ends the pass, or is left out of its batch and counted in `badSamples`. @default "throw" */
  readonly onBadSample?: "throw" | "skip";
}

/** Options that make other samples or batches. */
export type SampleOptions<Sample, Changed, Batch> = LoaderOptions &
  CollateOptions<Changed, Batch> & {
    /**
     * Changes each sample, for example at random (augmentation): with `random` it gives the same in any batching and after a resume.
     * With `workers` it runs in this thread; {@link ModuleOptions} tell how it runs in theirs.
     */
    readonly transform?: (sample: Sample, context: TransformContext) => Changed | Promise<Changed>;
  };

/** Options of sets whose samples threads can make. */
export type DecodedOptions<Sample, Changed, Batch> = SampleOptions<Sample, Changed, Batch> & {
  /** Threads that make samples. 0: this one does. Node only. @default 0 */
  readonly workers?: number;
};

/**
 * Options with a transform that threads can run. What a module makes is told by hand: `loader<Sample, Changed>(…)`.
 * `SampleOptions` take no URL, since generic functions, as image transforms are, take the type of the set's samples only where nothing but a function is expected.
 */
export type ModuleOptions<Sample, Changed, Batch> = LoaderOptions &
  CollateOptions<Changed, Batch> & {
    /** The URL of a module whose default export is a transform, which runs in the threads; or a function, which does not. */
    readonly transform: ((sample: Sample, context: TransformContext) => Changed | Promise<Changed>) | string | URL;
    /** As in {@link DecodedOptions}. */
    readonly workers?: number;
  };

/** Options that take the set's own batches. */
export type PlainOptions = LoaderOptions & { readonly transform?: never; readonly collate?: never };

/**
 * Batches of a set, pass after pass, that can be resumed within a pass.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`, `SAMPLER`; while iterating, what the set, `transform` and `collate` throw, `LOADER_MODULE` and `LOADER_WORKER`.
 *
 * @example
 * const set = arrays({ values: new Float32Array(600), labels: new Int32Array(600) });
 * for await (const { values, labels } of loader(set, { batchSize: 64, shuffle: true, seed: 7 })) {
 *   console.log(values.shape, labels.shape); // [ 64 ] [ 64 ], and at last [ 24 ] [ 24 ]
 * }
 */
export function loader<Sample, Batch>(set: BatchAccess<Sample, Batch>, options?: PlainOptions): DataLoader<Batch>;
export function loader<Sample, Changed = Sample, Batch = Collated<Changed>>(
  set: DecodedSet<Sample>,
  options?: DecodedOptions<Sample, Changed, Batch>,
): DataLoader<Batch>;
export function loader<Sample, Changed = Sample, Batch = Collated<Changed>>(
  set: DecodedSet<Sample>,
  options: ModuleOptions<Sample, Changed, Batch>,
): DataLoader<Batch>;
// Last, since the compiler's message speaks of the last one.
export function loader<Sample, Changed = Sample, Batch = Collated<Changed>>(
  set: RandomAccess<Sample>,
  options?: SampleOptions<Sample, Changed, Batch>,
): DataLoader<Batch>;
export function loader(
  set: RandomAccess<unknown>,
  options: LoaderOptions & Partial<BatchMakerOptions> & { readonly workers?: number } = {},
): DataLoader<unknown> {
  checkOptions("loader()", options, checks);
  checkSet("loader()", set);
  const { shuffle = false, workers = 0, sampler, transform, collate } = options;
  const { batchSize, seed, dropLast, onBadSample, ahead } = batchSettings(options, Math.max(2, 2 * workers));
  if (sampler && shuffle)
    throw new SnapfitError(
      "OPTION_INVALID",
      "loader() got both a sampler and shuffle: true. A sampler draws an order of its own for each pass. Leave out shuffle.",
    );
  sampler?.checkSet(set.length);
  const settings = { samples: set.length, batchSize, shuffle, seed, dropLast, ...(sampler && { sampler: sampler.id }) };
  const source = sourceOf(set, workers, { seed, transform, collate, onBadSample });
  return new DataLoader(settings, sampler, ahead, source);
}

const checks = {
  ...batchChecks,
  shuffle: trueOrFalse,
  sampler: ["a sampler such as weightedSampler()", (value) => typeof (value as Partial<Sampler> | null)?.checkSet === "function"],
  transform: functionOrModule,
  workers: wholeNumberFrom(0),
} satisfies OptionChecks;

function sourceOf(set: RandomAccess<unknown>, workers: number, options: BatchMakerOptions): BatchSource<BatchMaker> {
  if (workers === 0) {
    const make = batchMaker(set, options);
    return { open: () => ({ make }) };
  }
  if (!isDecoded(set))
    throw new SnapfitError(
      "OPTION_INVALID",
      `loader() got workers: ${workers}, but threads cannot make the samples of this set. They can for sets that name a decoder's module, such as image folders, and parts of those. Leave out workers, or give the set \`input\` and \`decoder\`.`,
    );
  const threads = new ThreadSource("loader()", set.decoder, workers, options);
  return {
    open() {
      const opened = threads.open();
      const make: BatchMaker = (request) =>
        opened.make(
          request,
          Array.from(request.indices, (index) => set.input(index)),
        );
      return { ...opened, make };
    },
  };
}

import { anyFunction, checkOption, checkOptions, SnapfitError, wholeNumberFrom } from "@snapfit/base";
import { ThreadSource } from "../workers/thread-source.js";
import type { BatchSource, SampleBatchMaker } from "./batch-source.js";
import type { Collated } from "./collate.js";
import { batchAssembler, type BatchMakerOptions, type TransformContext } from "./make-batches.js";
import type { BatchOptions, CollateOptions } from "./loader.js";
import { batchChecks, batchSettings, functionOrModule } from "./options.js";
import { StreamLoader, type StreamSource } from "./stream-loader.js";

/** Options of {@link stream}. */
export type StreamOptions<Sample, Changed, Batch> = BatchOptions &
  CollateOptions<Changed, Batch> & {
    /** Samples that are held to be shuffled: each is yielded at random among so many. 0 and 1 keep the source's order. @default 0 */
    readonly shuffleBuffer?: number;
    /** Changes each sample, as that of `loader()`. */
    readonly transform?: (sample: Sample, context: TransformContext) => Changed | Promise<Changed>;
  };

/** Options with a transform that threads can run. What it makes is told by hand: `stream<Sample, Changed>(…)`. */
export type StreamModuleOptions<Changed, Batch> = Omit<StreamOptions<never, Changed, Batch>, "transform"> & {
  /** The URL of a module whose default export is a transform. */
  readonly transform: string | URL;
  /** Threads that run the transform; the source stays in this one. 0: this one does. Node only. @default 0 */
  readonly workers?: number;
};

/**
 * Batches of samples that come one after the other and whose number need not be known: lines of a file, records of a network. Each pass calls `source` anew.
 * A pass goes on after a resume by reading past what was seen; it gives the same bits if the source repeats itself.
 * @param source called with the number of the pass, from 0.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; while iterating, what the source, `transform` and `collate` throw, `LOADER_MODULE` and `LOADER_WORKER`.
 *
 * @example
 * async function* lines() {
 *   for (let i = 0; i < 10; i++) yield `line ${i}`;
 * }
 * for await (const batch of stream(lines, { batchSize: 4, shuffleBuffer: 8, seed: 7 })) console.log(batch.length); // 4, 4, 2
 */
export function stream<Sample, Changed = Sample, Batch = Collated<Changed>>(
  source: StreamSource<Sample>,
  options?: StreamOptions<Sample, Changed, Batch>,
): StreamLoader<Batch>;
export function stream<Sample, Changed = Sample, Batch = Collated<Changed>>(
  source: StreamSource<Sample>,
  options: StreamModuleOptions<Changed, Batch>,
): StreamLoader<Batch>;
export function stream(
  source: StreamSource<unknown>,
  options: BatchOptions & Partial<BatchMakerOptions> & { readonly shuffleBuffer?: number; readonly workers?: number } = {},
): StreamLoader<unknown> {
  checkOptions("stream()", options, checks);
  checkOption("stream()", "source", source, ["a function that makes the samples of a pass", anyFunction[1]]);
  const { shuffleBuffer = 0, workers = 0, transform, collate } = options;
  const { batchSize, seed, dropLast, onBadSample, ahead } = batchSettings(options, Math.max(2, 2 * workers));
  const settings = { batchSize, seed, dropLast, shuffleBuffer };
  return new StreamLoader(settings, source, ahead, batchesOf(workers, { seed, transform, collate, onBadSample }));
}

const checks = { ...batchChecks, shuffleBuffer: wholeNumberFrom(0), transform: functionOrModule, workers: wholeNumberFrom(0) };

function batchesOf(workers: number, options: BatchMakerOptions): BatchSource<SampleBatchMaker> {
  if (workers === 0) {
    const assemble = batchAssembler(options);
    return { open: () => ({ make: (request, samples) => assemble(request, (i) => samples[i]) }) };
  }
  if (options.transform === undefined || typeof options.transform === "function")
    throw new SnapfitError(
      "OPTION_INVALID",
      `stream() got workers: ${workers}, but no transform that threads can run. Give the URL of a module whose default export is the transform, or leave out workers.`,
    );
  return new ThreadSource("stream()", undefined, workers, options);
}

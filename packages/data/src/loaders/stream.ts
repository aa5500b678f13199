import { anyFunction, checkOption, checkOptions, wholeNumberFrom } from "@snapfit/base";
import type { Collated } from "./collate.js";
import { batchAssembler, type BatchMakerOptions } from "./make-batches.js";
import type { BatchOptions, SampleOptions } from "./loader.js";
import { batchChecks, batchSettings } from "./options.js";
import { StreamLoader, type StreamSource } from "./stream-loader.js";

/** Options of {@link stream}. */
export type StreamOptions<Sample, Changed, Batch> = BatchOptions &
  Pick<SampleOptions<Sample, Changed, Batch>, "transform" | "collate" | "onBadSample"> & {
    /** Samples that are held to be shuffled: each is yielded at random among so many. 0 and 1 keep the source's order. @default 0 */
    readonly shuffleBuffer?: number;
  };

/**
 * Batches of samples that come one after the other and whose number need not be known: lines of a file, records of a network. Each pass calls `source` anew.
 * A pass goes on after a resume by reading past what was seen; it gives the same bits if the source repeats itself.
 * @param source called with the number of the pass, from 0.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; while iterating, what the source, `transform` and `collate` throw.
 *
 * @example
 * async function* lines() {
 *   for (let i = 0; i < 10; i++) yield `line ${i}`;
 * }
 * for await (const batch of stream(lines, { batchSize: 4, shuffleBuffer: 8, seed: 7 })) console.log(batch.length); // 4, 4, 2
 */
export function stream<Sample, Changed = Sample, Batch = Collated<Changed>>(
  source: StreamSource<Sample>,
  options: StreamOptions<Sample, Changed, Batch> = {},
): StreamLoader<Batch> {
  checkOptions("stream()", options, checks);
  checkOption("stream()", "source", source, ["a function that makes the samples of a pass", anyFunction[1]]);
  const { shuffleBuffer = 0, transform, collate } = options;
  const { batchSize, seed, dropLast, onBadSample, ahead } = batchSettings(options, 2);
  const settings = { batchSize, seed, dropLast, shuffleBuffer };
  const assemble = batchAssembler({ seed, transform, collate, onBadSample } as BatchMakerOptions);
  return new StreamLoader<Batch>(settings, source, ahead, assemble);
}

const checks = { ...batchChecks, shuffleBuffer: wholeNumberFrom(0), transform: anyFunction };

import { nearestName, SnapfitError } from "@snapfit/base";
import type { Collated } from "./collate.js";
import { DataLoader } from "./data-loader.js";
import { batchMaker, type BatchMakerOptions, type TransformContext } from "./make-batches.js";
import type { BatchAccess, RandomAccess } from "../random-access.js";

/** Options of {@link loader}. */
export interface LoaderOptions {
  /** Samples in a batch, on each rank. @default 32 */
  readonly batchSize?: number;
  /** Whether each pass takes the samples in an order of its own, drawn from `seed` and the pass. @default false */
  readonly shuffle?: boolean;
  /** Seed of the order and of the transform's random numbers. @default 0 */
  readonly seed?: number;
  /** Whether to leave out the last batch (with several ranks: the last window of batches) if it is shorter. @default false */
  readonly dropLast?: boolean;
  /** Batches that are made ahead while one is used, if the set answers with promises. @default 2 */
  readonly prefetch?: number;
}

/** Options that make other samples or batches. */
export interface SampleOptions<Sample, Changed, Batch> extends LoaderOptions {
  /** Changes each sample, for example at random (augmentation): with `random` it gives the same in any batching and after a resume. */
  readonly transform?: (sample: Sample, context: TransformContext) => Changed | Promise<Changed>;
  /** Makes a batch of samples, in arrays of its own. @default {@link collate} */
  readonly collate?: (samples: Changed[]) => Batch | Promise<Batch>;
}

/** Options that take the set's own batches. */
export interface PlainOptions extends LoaderOptions {
  readonly transform?: never;
  readonly collate?: never;
}

/**
 * Batches of a set, pass after pass, that can be resumed within a pass.
 * @throws SnapfitError `LOADER_OPTIONS`; while iterating, what the set, `transform` and `collate` throw.
 *
 * @example
 * const set = arrays({ values: new Float32Array(600), labels: new Int32Array(600) });
 * for await (const { values, labels } of loader(set, { batchSize: 64, shuffle: true, seed: 7 })) {
 *   console.log(values.shape, labels.shape); // [ 64 ] [ 64 ], and at last [ 24 ] [ 24 ]
 * }
 */
export function loader<Sample, Batch>(set: BatchAccess<Sample, Batch>, options?: PlainOptions): DataLoader<Batch>;
export function loader<Sample, Changed = Sample, Batch = Collated<Changed>>(
  set: RandomAccess<Sample>,
  options?: SampleOptions<Sample, Changed, Batch>,
): DataLoader<Batch>;
export function loader(set: RandomAccess<unknown>, options: LoaderOptions & Partial<BatchMakerOptions> = {}): DataLoader<unknown> {
  const { batchSize = 32, shuffle = false, seed = 0, dropLast = false, prefetch = 2, transform, collate } = options;
  checkNames(options);
  check(Number.isSafeInteger(batchSize) && batchSize >= 1, "batchSize", batchSize, "an integer of at least 1");
  check(Number.isSafeInteger(prefetch) && prefetch >= 0, "prefetch", prefetch, "an integer of at least 0");
  check(Number.isFinite(seed), "seed", seed, "a finite number");
  check(typeof shuffle === "boolean", "shuffle", shuffle, "true or false");
  check(typeof dropLast === "boolean", "dropLast", dropLast, "true or false");
  check(Number.isSafeInteger(set.length) && set.length >= 0, "set.length", set.length, "a number of samples");
  const settings = { samples: set.length, batchSize, shuffle, seed, dropLast };
  return new DataLoader(settings, prefetch, batchMaker(set, { seed, transform, collate }));
}

const NAMES = ["batchSize", "shuffle", "seed", "dropLast", "prefetch", "transform", "collate"];

function checkNames(options: object): void {
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name)) continue;
    const near = nearestName(name, NAMES);
    throw new SnapfitError(
      "LOADER_OPTIONS",
      `loader() has no option "${name}".${near === undefined ? "" : ` Did you mean "${near}"?`} It has ${NAMES.join(", ")}.`,
    );
  }
}

function check(isRight: boolean, name: string, value: unknown, expected: string): void {
  if (!isRight) throw new SnapfitError("LOADER_OPTIONS", `loader() got ${name}: ${String(value)}. It is ${expected}. Change the option.`);
}

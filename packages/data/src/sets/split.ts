import { anyNumber, checkOptions, RandomStream, shown, SnapfitError } from "@snapfit/base";
import type { DecodedSet } from "../decoded-set.js";
import { checkSet, type BatchAccess, type RandomAccess } from "../random-access.js";
import { subset } from "./subset.js";

/** Options of {@link split}. */
export interface SplitOptions {
  /** Which of all random splits. Part of the result: the same seed gives the same parts for ever. @default 0 */
  readonly seed?: number;
}

/**
 * Parts of a set with no sample in common, drawn at random. Each keeps the set's order.
 * @param fractions of the samples for each part, each above 0, together at most 1. Sizes are rounded so that their sum is right.
 * @throws SnapfitError `SPLIT_FRACTIONS`, also when a part would be empty; `OPTION_UNKNOWN`, `OPTION_INVALID`.
 *
 * @example
 * const [train, validation] = split(arrays({ values: new Float32Array(600) }), [0.9, 0.1], { seed: 7 });
 * console.log(train.length, validation.length); // 540 60
 */
export function split<Sample, Batch, const Fractions extends readonly number[]>(
  set: BatchAccess<Sample, Batch>,
  fractions: Fractions,
  options?: SplitOptions,
): { -readonly [I in keyof Fractions]: BatchAccess<Sample, Batch> };
export function split<Sample, Input, const Fractions extends readonly number[]>(
  set: DecodedSet<Sample, Input>,
  fractions: Fractions,
  options?: SplitOptions,
): { -readonly [I in keyof Fractions]: DecodedSet<Sample, Input> };
export function split<Sample, const Fractions extends readonly number[]>(
  set: RandomAccess<Sample>,
  fractions: Fractions,
  options?: SplitOptions,
): { -readonly [I in keyof Fractions]: RandomAccess<Sample> };
export function split<Sample>(set: RandomAccess<Sample>, fractions: readonly number[], options: SplitOptions = {}): RandomAccess<Sample>[] {
  checkSet("split()", set);
  checkOptions("split()", options, { seed: anyNumber });
  if (!isNumbers(fractions)) throw wrongFractions(fractions);
  const total = fractions.reduce((sum, fraction) => sum + fraction, 0);
  if (fractions.length === 0 || !fractions.every((fraction) => fraction > 0) || total > 1 + 1e-9) throw wrongFractions(fractions);
  const order = RandomStream.fromSeed(options.seed ?? 0, "split").permutation(set.length);
  let end = 0;
  let share = 0;
  return fractions.map((fraction, part) => {
    const start = end;
    share += fraction;
    // Rounding the running sum, not each size, so that nothing is lost or taken twice.
    end = Math.round(Math.min(1, share) * set.length);
    if (end === start)
      throw new SnapfitError(
        "SPLIT_FRACTIONS",
        `Part ${part} of split() would be empty: ${fraction} of ${set.length} samples. Every part has at least one. Raise its fraction.`,
      );
    return subset(set, order.slice(start, end).sort());
  });
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

function wrongFractions(fractions: unknown): SnapfitError<"SPLIT_FRACTIONS"> {
  return new SnapfitError(
    "SPLIT_FRACTIONS",
    `split() got the fractions ${shown(fractions)}. They are above 0 and at most 1 together. Pass shares of the samples, such as [0.9, 0.1].`,
  );
}

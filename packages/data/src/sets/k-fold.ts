import { anyNumber, checkOptions, RandomStream, SnapfitError, wholeNumberFrom, type OptionChecks } from "@snapfit/base";
import type { DecodedSet } from "../decoded-set.js";
import { checkSet, type BatchAccess, type RandomAccess } from "../random-access.js";
import { classesOf } from "./classes.js";
import { subset } from "./subset.js";

/** Options of {@link kFold}. */
export interface KFoldOptions {
  /** Parts, each of which is the validation set once: 2 to the number of samples. */
  readonly folds: number;
  /** Which of all random partitions. Part of the result: the same seed gives the same folds for ever. @default 0 */
  readonly seed?: number;
  /** The class of each sample: every fold gets the same number of each, give or take one. */
  readonly stratifyBy?: ArrayLike<number | string>;
}

/** The sets of one fold. */
export interface Fold<Part> {
  readonly train: Part;
  readonly validation: Part;
}

/**
 * Cross-validation: the set parted at random into `folds` parts whose sizes differ by at most one; each is the validation set of one fold and in the training sets of the others.
 * Each set keeps the set's order.
 * @throws SnapfitError `FOLDS`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 *
 * @example
 * const set = arrays({ x: new Float32Array(10), y: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1) });
 * for (const { train, validation } of kFold(set, { folds: 2, stratifyBy: set.columns.y })) console.log(train.length, validation.length); // 5 5
 */
export function kFold<Sample, Batch>(set: BatchAccess<Sample, Batch>, options: KFoldOptions): Fold<BatchAccess<Sample, Batch>>[];
export function kFold<Sample, Input>(set: DecodedSet<Sample, Input>, options: KFoldOptions): Fold<DecodedSet<Sample, Input>>[];
export function kFold<Sample>(set: RandomAccess<Sample>, options: KFoldOptions): Fold<RandomAccess<Sample>>[];
export function kFold<Sample>(set: RandomAccess<Sample>, options: KFoldOptions): Fold<RandomAccess<Sample>>[] {
  checkSet("kFold()", set);
  checkOptions("kFold()", options, checks, ["folds"]);
  const { folds, seed = 0, stratifyBy } = options;
  if (folds > set.length)
    throw new SnapfitError(
      "FOLDS",
      `kFold() got folds: ${folds} for ${set.length} samples. Each has a sample at least. Change the option.`,
    );
  if (stratifyBy && stratifyBy.length !== set.length) {
    throw new SnapfitError(
      "FOLDS",
      `kFold() got ${stratifyBy.length} classes in stratifyBy, but the set has ${set.length} samples. There is one for each sample. Check where they come from.`,
    );
  }
  const groups = stratifyBy ? classesOf(stratifyBy).members : [Uint32Array.from({ length: set.length }, (_, i) => i)];
  const random = RandomStream.fromSeed(seed, "kFold");
  const foldOf = new Uint32Array(set.length);
  let next = 0; // goes on from group to group, so that the folds' sizes differ by one at most
  for (const group of groups) for (const position of random.permutation(group.length)) foldOf[group[position]!] = next++ % folds;
  const all = Array.from(foldOf.keys());
  return Array.from({ length: folds }, (_, fold) => ({
    train: subset(
      set,
      all.filter((index) => foldOf[index] !== fold),
    ),
    validation: subset(
      set,
      all.filter((index) => foldOf[index] === fold),
    ),
  }));
}

const checks = {
  folds: wholeNumberFrom(2),
  seed: anyNumber,
  stratifyBy: ["a list with a class for each sample", (value) => typeof (value as Partial<ArrayLike<unknown>> | null)?.length === "number"],
} satisfies OptionChecks;

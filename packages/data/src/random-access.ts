import { checkOption, wholeNumberFrom, type OptionCheck } from "@snapfit/base";

/** A set of samples that can be had in any order: what loaders read. Anything with these two members is one. */
export interface RandomAccess<Sample> {
  /** Number of samples. */
  readonly length: number;
  /** Sample `index`, 0 to length - 1. A promise if it must be waited for (a file, an image to decode). */
  at(index: number): Sample | Promise<Sample>;
}

/** A set that can make whole batches faster than sample by sample. */
export interface BatchAccess<Sample, Batch> extends RandomAccess<Sample> {
  /** The samples with these indices as one batch, in arrays of its own. */
  gather(indices: Uint32Array): Batch | Promise<Batch>;
}

/** @param owner whose argument it is: `loader()`. @throws SnapfitError `OPTION_INVALID` if `set` is none */
export function checkSet(owner: string, set: RandomAccess<unknown>): void {
  checkOption(owner, "set", set, ["a set of samples, such as arrays(), or an object with length and at(index)", isSet]);
  checkOption(owner, "set.length", set.length, wholeNumberFrom(0));
}

export const isSet: OptionCheck[1] = (value) => typeof (value as Partial<RandomAccess<unknown>> | undefined | null)?.at === "function";

/** Whether a set has {@link BatchAccess.gather}. */
export function hasGather(set: RandomAccess<unknown>): set is BatchAccess<unknown, unknown> {
  return typeof (set as Partial<BatchAccess<unknown, unknown>>).gather === "function";
}

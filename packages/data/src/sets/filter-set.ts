import { anyFunction, checkOption } from "@snapfit/base";
import type { DecodedSet } from "../decoded-set.js";
import { checkSet, type BatchAccess, type RandomAccess } from "../random-access.js";
import { subset } from "./subset.js";

/**
 * The samples that a condition holds for, in the set's order. Reads all samples once, one after the other, before it answers.
 *
 * @example
 * const set = arrays({ x: Float32Array.of(1, NaN, 3) });
 * const known = await filterSet(set, ({ x }) => !Number.isNaN(x.data[0]));
 * console.log(known.length); // 2
 */
export function filterSet<Sample, Batch>(set: BatchAccess<Sample, Batch>, keep: Condition<Sample>): Promise<BatchAccess<Sample, Batch>>;
export function filterSet<Sample, Input>(set: DecodedSet<Sample, Input>, keep: Condition<Sample>): Promise<DecodedSet<Sample, Input>>;
export function filterSet<Sample>(set: RandomAccess<Sample>, keep: Condition<Sample>): Promise<RandomAccess<Sample>>;
export async function filterSet<Sample>(set: RandomAccess<Sample>, keep: Condition<Sample>): Promise<RandomAccess<Sample>> {
  checkSet("filterSet()", set);
  checkOption("filterSet()", "keep", keep, anyFunction);
  const kept: number[] = [];
  for (let index = 0; index < set.length; index++) {
    const sample = set.at(index);
    const isKept = keep(sample instanceof Promise ? await sample : sample, index);
    if (isKept instanceof Promise ? await isKept : isKept) kept.push(index);
  }
  return subset(set, kept);
}

/** Whether to keep a sample. */
export type Condition<Sample> = (sample: Sample, index: number) => boolean | Promise<boolean>;

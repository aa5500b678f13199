import { checkOption, SnapfitError } from "@snapfit/base";
import { isDecoded, type DecodedSet } from "../decoded-set.js";
import { listRule } from "../samplers/sampler.js";
import { checkSet, hasGather, type BatchAccess, type RandomAccess } from "../random-access.js";

/**
 * The part of a set with these indices, in this order. Makes batches as fast as the set itself, and in threads if the set can.
 * @throws SnapfitError `DATA_SET` for an index that the set does not have; `OPTION_INVALID`.
 */
export function subset<Sample, Batch>(set: BatchAccess<Sample, Batch>, indices: ArrayLike<number>): BatchAccess<Sample, Batch>;
export function subset<Sample, Input>(set: DecodedSet<Sample, Input>, indices: ArrayLike<number>): DecodedSet<Sample, Input>;
export function subset<Sample>(set: RandomAccess<Sample>, indices: ArrayLike<number>): RandomAccess<Sample>;
export function subset<Sample>(set: RandomAccess<Sample>, indices: ArrayLike<number>): RandomAccess<Sample> {
  checkSet("subset()", set);
  checkOption("subset()", "indices", indices, listRule);
  const chosen = Uint32Array.from(indices);
  for (let i = 0; i < indices.length; i++) {
    if (chosen[i] !== indices[i] || chosen[i]! >= set.length)
      throw new SnapfitError(
        "DATA_SET",
        `subset() got the index ${indices[i]}. The set has samples 0 to ${set.length - 1}. Check the indices.`,
      );
  }
  const sourceOf = (index: number): number => {
    const source = chosen[index];
    if (source !== undefined) return source;
    throw new SnapfitError(
      "DATA_SET",
      `Sample ${index} does not exist. The subset has samples 0 to ${chosen.length - 1}. Check the index.`,
    );
  };
  const part = { length: chosen.length, at: (index: number) => set.at(sourceOf(index)) };
  if (hasGather(set))
    return Object.assign(part, { gather: (positions: Uint32Array) => set.gather(positions.map(sourceOf)) }) as typeof part;
  if (isDecoded(set)) return Object.assign(part, { decoder: set.decoder, input: (index: number) => set.input(sourceOf(index)) });
  return part;
}

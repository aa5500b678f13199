import { SnapfitError } from "@snapfit/base";
import { isDecoded, type DecodedSet } from "../decoded-set.js";
import { checkSet, isSet, type RandomAccess } from "../random-access.js";
import type { ConcatInput, ConcatOptions } from "../workers/concat-worker.js";

/**
 * Sets one after the other. Threads can make its samples if they can for each of the sets.
 * @throws SnapfitError `DATA_SET` for an index that does not exist, or without a set.
 *
 * @example
 * const all = concat(arrays({ x: new Float32Array(3) }), arrays({ x: new Float32Array(2) }));
 * console.log(all.length); // 5
 */
export function concat<Sample>(...sets: readonly DecodedSet<Sample>[]): DecodedSet<Sample, ConcatInput>;
export function concat<Sample>(...sets: readonly RandomAccess<Sample>[]): RandomAccess<Sample>;
export function concat<Sample>(...sets: readonly RandomAccess<Sample>[]): RandomAccess<Sample> {
  if (sets.length === 0) throw new SnapfitError("DATA_SET", "concat() got no sets. It joins at least one. Pass sets.");
  for (const set of sets) {
    checkSet("concat()", set);
    if (Array.isArray(set) && isSet(set[0]))
      throw new SnapfitError("DATA_SET", "concat() got a list of sets. It takes them one by one: concat(...sets).");
  }
  const starts = [0];
  for (const set of sets) starts.push(starts.at(-1)! + set.length);
  const length = starts.pop()!;
  const locate = (index: number): readonly [number, number] => {
    if (!Number.isInteger(index) || index < 0 || index >= length)
      throw new SnapfitError(
        "DATA_SET",
        `Sample ${index} does not exist. The joined sets have samples 0 to ${length - 1}. Check the index.`,
      );
    const part = starts.findLastIndex((start) => start <= index);
    return [part, index - starts[part]!];
  };
  const joined = {
    length,
    at(index: number): Sample | Promise<Sample> {
      const [part, within] = locate(index);
      return sets[part]!.at(within);
    },
  };
  const decoded = sets.filter((set) => isDecoded(set));
  if (decoded.length < sets.length) return joined;
  const decoder = { module: "@snapfit/data/concat-worker", options: { parts: decoded.map((set) => set.decoder) } satisfies ConcatOptions };
  const input = (index: number): ConcatInput => {
    const [part, within] = locate(index);
    return { part, input: decoded[part]!.input(within) };
  };
  return Object.assign(joined, { decoder, input });
}

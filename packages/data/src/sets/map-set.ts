import { anyFunction, checkOption } from "@snapfit/base";
import { checkSet, type RandomAccess } from "../random-access.js";

/**
 * Changes each sample when it is asked for. What is random in it, or belongs in threads, goes to the loader's `transform`, which knows the pass.
 *
 * @example
 * const halves = mapSet(arrays({ x: Float32Array.of(1, 2) }), ({ x }) => x.data[0]! / 2);
 * console.log(halves.length, await halves.at(1)); // 2 1
 */
export function mapSet<Sample, Changed>(
  set: RandomAccess<Sample>,
  change: (sample: Sample, index: number) => Changed | Promise<Changed>,
): RandomAccess<Changed> {
  checkSet("mapSet()", set);
  checkOption("mapSet()", "change", change, anyFunction);
  return {
    length: set.length,
    at(index) {
      const sample = set.at(index);
      return sample instanceof Promise ? sample.then((value) => change(value, index)) : change(sample, index);
    },
  };
}

import { checkOption } from "@snapfit/base";
import { fingerprint, listRule, samplerError, type Sampler } from "./sampler.js";

/**
 * Each pass takes these samples, in an order of its own. For an order that stays, use `subset()`.
 * @param indices in the set; one that stands there twice is taken twice.
 * @throws SnapfitError `SAMPLER` when the loader is made, for an index that the set does not have.
 *
 * @example
 * const set = arrays({ values: new Float32Array(600) });
 * console.log(loader(set, { sampler: subsetSampler([3, 1, 4]), batchSize: 2 }).length); // 2
 */
export function subsetSampler(indices: ArrayLike<number>): Sampler {
  checkOption("subsetSampler()", "indices", indices, listRule);
  const chosen = Uint32Array.from(indices);
  return {
    id: `subset ${chosen.length} ${fingerprint(chosen)}`,
    checkSet(numInSet) {
      for (let i = 0; i < indices.length; i++) {
        if (chosen[i] !== indices[i] || chosen[i]! >= numInSet)
          throw samplerError(`subsetSampler() got the index ${indices[i]}. The set has samples 0 to ${numInSet - 1}. Check the indices.`);
      }
    },
    order: (random) => ({ indices: random.permutation(chosen.length).map((position) => chosen[position]!) }),
  };
}

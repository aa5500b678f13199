import { checkOption, checkOptions, trueOrFalse, wholeNumberFrom, type RandomStream } from "@snapfit/base";
import { checkOnePerSample, fingerprint, listRule, samplerError, type Sampler } from "./sampler.js";

/** Options of {@link weightedSampler}. */
export interface WeightedSamplerOptions {
  /** Samples in a pass. @default as many as there are weights above 0 (with replacement: as there are weights) */
  readonly numSamples?: number;
  /** Whether a sample may be drawn again in the same pass. @default true */
  readonly replacement?: boolean;
}

/**
 * Draws samples with probabilities in proportion to their weights, as PyTorch's WeightedRandomSampler. Without replacement each draw is among those that are left.
 * @param weights one for each sample of the set: finite, at least 0, one of them above 0.
 * @throws SnapfitError `SAMPLER`, also if fewer samples than asked for have a weight above 0 and are drawn without replacement; `OPTION_UNKNOWN`, `OPTION_INVALID`.
 * @see Efraimidis and Spirakis 2006, doi 10.1016/j.ipl.2005.11.003, for draws without replacement
 *
 * @example
 * const set = arrays({ values: new Float32Array(4) });
 * const sampler = weightedSampler([1, 1, 1, 3], { numSamples: 100 }); // the last one about 50 times
 * console.log(loader(set, { sampler, batchSize: 10 }).length); // 10
 */
export function weightedSampler(weights: ArrayLike<number>, options: WeightedSamplerOptions = {}): Sampler {
  checkOption("weightedSampler()", "weights", weights, listRule);
  checkOptions("weightedSampler()", options, { numSamples: wholeNumberFrom(1), replacement: trueOrFalse });
  const { replacement = true } = options;
  const values = Float64Array.from(weights);
  const wrong = values.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (wrong !== -1)
    throw samplerError(
      `weightedSampler() got the weight ${weights[wrong]} for sample ${wrong}. Weights are finite and at least 0. Check how they are computed.`,
    );
  if (!Number.isFinite(values.reduce((sum, weight) => sum + weight, 0)))
    throw samplerError("weightedSampler() got weights whose sum is not finite. Divide them by the largest one.");
  const numPositive = values.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0);
  const { numSamples = replacement ? values.length : numPositive } = options;
  if (numPositive === 0)
    throw samplerError("weightedSampler() got no weight above 0. Nothing can be drawn. Check how the weights are computed.");
  if (!replacement && numSamples > numPositive)
    throw samplerError(
      `weightedSampler() cannot draw ${numSamples} different samples: ${numPositive} have a weight above 0. Lower numSamples, or draw with replacement.`,
    );
  return {
    id: `weighted ${numSamples} ${replacement ? "with" : "without"} replacement ${fingerprint(values)}`,
    checkSet: (numInSet) => checkOnePerSample("weightedSampler", "weights", values.length, numInSet),
    order: (random) => ({ indices: (replacement ? drawAgain : drawOnce)(values, numSamples, random) }),
  };
}

function drawAgain(weights: Float64Array, numSamples: number, random: RandomStream): Uint32Array {
  const sums = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) sums[i] = total += weights[i]!;
  return Uint32Array.from({ length: numSamples }, () => firstAbove(sums, random.uniform() * total));
}

/** Index of the first of rising sums that is above `value`; an equal one before it belongs to a weight of 0. */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The time until sample i rings, exponential with rate w_i, is -ln(1 - u) / w_i: those that ring first are draws without replacement, in order. */
function drawOnce(weights: Float64Array, numSamples: number, random: RandomStream): Uint32Array {
  const times = weights.map((weight) => -Math.log(1 - random.uniform()) / weight);
  const drawable = Uint32Array.from(weights.keys()).filter((index) => weights[index]! > 0);
  return drawable.sort((a, b) => times[a]! - times[b]! || a - b).slice(0, numSamples);
}

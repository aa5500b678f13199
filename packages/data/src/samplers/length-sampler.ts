import { checkOption, checkOptions, fraction, type RandomStream } from "@snapfit/base";
import { exchangeWithin } from "./exchange-within.js";
import { checkOnePerSample, fingerprint, listRule, samplerError, type PassOrder, type Sampler } from "./sampler.js";

/** Options of {@link lengthSampler}. */
export interface LengthSamplerOptions {
  /**
   * The largest part of a padded sample that may be padding, from 0 (only samples of equal length share a batch) to below 1.
   * The smaller it is, the more batches are shorter than `batchSize`. @default 0.2
   */
  readonly maxPadding?: number;
}

/**
 * Batches of samples of similar length, so that little is padded: in each the shortest sample has at least `1 - maxPadding` of the longest one's length.
 * Every pass has the same number of batches, the fewest that the limit allows, of the same sizes. Which samples share one is drawn anew for each: batches are cut from
 * the samples in order of length, then samples of different batches change places at random where both batches keep to the limit, then the batches are shuffled, and
 * the samples in them. With ranks, the limit holds for all their batches of a step together. A batch that the limit ends, not `batchSize`, is shorter (`dropLast`
 * leaves it out).
 * @param lengths one for each sample of the set, at least 0.
 * @throws SnapfitError `SAMPLER`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 *
 * @example
 * const texts = ["a", "to", "be", "or not"].map((text) => ({ text: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) }));
 * const sampler = lengthSampler(texts.map(({ text }) => text.length));
 * const batches = loader({ length: 4, at: (index) => texts[index]! }, { sampler, batchSize: 2, collate: padded({ text: {} }) });
 * console.log(batches.length); // 3
 */
export function lengthSampler(lengths: ArrayLike<number>, options: LengthSamplerOptions = {}): Sampler {
  checkOption("lengthSampler()", "lengths", lengths, listRule);
  checkOptions("lengthSampler()", options, { maxPadding: fraction });
  const { maxPadding = 0.2 } = options;
  const values = Float64Array.from(lengths);
  const wrong = values.findIndex((length) => !(length >= 0 && length < Infinity));
  if (wrong !== -1)
    throw samplerError(
      `lengthSampler() got the length ${lengths[wrong]} for sample ${wrong}. Lengths are finite and at least 0. Check how they are computed.`,
    );
  const ranking = rankingOf(values, maxPadding);
  return {
    id: `length ${maxPadding} ${fingerprint(values)}`,
    checkSet: (numInSet) => checkOnePerSample("lengthSampler", "lengths", values.length, numInSet),
    order: (random, windowSize) => orderOf(ranking, random, windowSize),
  };
}

/** The samples from the longest to the shortest. What stands at a position may share a batch with the longest sample `i` if it is before `reach[i]`. */
interface Ranking {
  readonly samples: Uint32Array;
  /** For each position that of the first sample of the same length. */
  readonly firstEqual: Uint32Array;
  /** For each position the first one after it whose sample is too short; it never falls. */
  readonly reach: Uint32Array;
}

function rankingOf(lengths: Float64Array, maxPadding: number): Ranking {
  const samples = Uint32Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const sorted = Float64Array.from(samples, (sample) => lengths[sample]!);
  const firstEqual = new Uint32Array(sorted.length);
  const reach = new Uint32Array(sorted.length);
  for (let i = 0, end = 0; i < sorted.length; i++) {
    firstEqual[i] = i > 0 && sorted[i] === sorted[i - 1] ? firstEqual[i - 1]! : i;
    while (end < sorted.length && sorted[end]! >= sorted[i]! * (1 - maxPadding)) end++;
    reach[i] = end;
  }
  return { samples, firstEqual, reach };
}

function orderOf(ranking: Ranking, random: RandomStream, windowSize: number): PassOrder {
  const ends = fewestWindows(ranking.reach, windowSize);
  const positions = exchangeWithin(ends, limitsOf(ends, ranking, random), random);
  const indices = new Uint32Array(positions.length);
  let length = 0;
  const windowEnds = random.permutation(ends.length).map((window) => {
    const start = window === 0 ? 0 : ends[window - 1]!;
    for (const place of random.permutation(ends[window]! - start)) indices[length++] = ranking.samples[positions[start + place]!]!;
    return length;
  });
  return { indices, windowEnds };
}

/** Where windows end that each take as many positions as they may, the longest samples first: no other way needs fewer. */
function fewestWindows(reach: Uint32Array, windowSize: number): Uint32Array {
  const ends: number[] = [];
  for (let start = 0; start < reach.length; start = ends.at(-1)!) ends.push(Math.min(start + windowSize, reach[start]!));
  return Uint32Array.from(ends);
}

/** For each window positions [from, to) that may all share a batch, the window's own among them. Of several such ranges one is drawn. */
function limitsOf(ends: Uint32Array, { firstEqual, reach }: Ranking, random: RandomStream): { from: Uint32Array; to: Uint32Array } {
  const from = new Uint32Array(ends.length);
  let least = 0;
  ends.forEach((end, window) => {
    const start = window === 0 ? 0 : ends[window - 1]!;
    while (reach[least]! < end) least++;
    from[window] = firstEqual[least + random.integer(start - least + 1)]!;
  });
  return { from, to: from.map((position) => reach[position]!) };
}

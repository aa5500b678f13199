import { checkOptions, fraction, type RandomStream } from "@snapfit/base";
import { checkOnePerSample, fingerprint, samplerError, type PassOrder, type Sampler } from "./sampler.js";

/** Options of {@link lengthSampler}. */
export interface LengthSamplerOptions {
  /**
   * The largest part of a padded sample that may be padding, from 0 (only samples of equal length share a batch) to below 1.
   * The smaller it is, the more batches are shorter than `batchSize`. @default 0.2
   */
  readonly maxPadding?: number;
}

/**
 * Batches of samples of similar length, so that little is padded: the set is parted by length such that in each part the shortest sample has at least
 * `1 - maxPadding` of the longest one's length; each pass shuffles within the parts, makes batches of each, and shuffles the batches.
 * With ranks, all their batches of a step are of the same part. The last batch of each part may be shorter (`dropLast` leaves it out).
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
  checkOptions("lengthSampler()", options, { maxPadding: fraction });
  const { maxPadding = 0.2 } = options;
  const values = Float64Array.from(lengths);
  const wrong = values.findIndex((length) => !(length >= 0 && length < Infinity));
  if (wrong !== -1)
    throw samplerError(
      `lengthSampler() got the length ${lengths[wrong]} for sample ${wrong}. Lengths are finite and at least 0. Check how they are computed.`,
    );
  const parts = partsByLength(values, maxPadding);
  return {
    id: `length ${maxPadding} ${fingerprint(values)}`,
    checkSet: (numInSet) => checkOnePerSample("lengthSampler", "lengths", values.length, numInSet),
    order: (random, windowSize) => orderOf(parts, random, windowSize),
  };
}

/** Indices from the longest sample to the shortest, cut where the padding of the shorter one would be more than allowed. */
function partsByLength(lengths: Float64Array, maxPadding: number): Uint32Array[] {
  const sorted = Uint32Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const parts: Uint32Array[] = [];
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    const shortest = lengths[sorted[start]!]! * (1 - maxPadding);
    while (end < sorted.length && lengths[sorted[end]!]! >= shortest) end++;
    parts.push(sorted.subarray(start, end));
  }
  return parts;
}

function orderOf(parts: readonly Uint32Array[], random: RandomStream, windowSize: number): PassOrder {
  const windows = parts.flatMap((part) => {
    const shuffled = random.permutation(part.length).map((position) => part[position]!);
    return Array.from({ length: Math.ceil(part.length / windowSize) }, (_, i) => shuffled.subarray(i * windowSize, (i + 1) * windowSize));
  });
  const indices = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  const windowEnds = random.permutation(windows.length).map((window) => {
    indices.set(windows[window]!, end);
    return (end += windows[window]!.length);
  });
  return { indices, windowEnds };
}

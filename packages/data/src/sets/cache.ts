import { checkOptions } from "@snapfit/base";
import { numberOfBytes } from "../loaders/options.js";
import { byteSize, copyArrays } from "../nested-arrays.js";
import { checkSet, type RandomAccess } from "../random-access.js";

/** Options of {@link cache}. */
export interface CacheOptions {
  /** Bytes of samples to keep: arrays, and texts at two bytes a character. Those that come when it is full are made anew each time. @default Infinity: the whole set */
  readonly sizeBytes?: number;
}

/**
 * Keeps samples in memory once they were made, and gives copies of their arrays. What was kept first stays: passes in random order would push out every sample
 * before it is needed again. It holds samples of this thread, so that it leaves the loader's `workers` nothing to do: put it around what is slow here.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`
 *
 * @example
 * let numReads = 0;
 * const kept = cache({ length: 2, at: async (index: number) => (numReads++, Float32Array.of(index)) });
 * for (let pass = 0; pass < 3; pass++) for await (const _ of loader(kept));
 * console.log(numReads); // 2
 */
export function cache<Sample>(set: RandomAccess<Sample>, options: CacheOptions = {}): RandomAccess<Sample> {
  checkSet("cache()", set);
  checkOptions("cache()", options, { sizeBytes: numberOfBytes });
  const { sizeBytes = Infinity } = options;
  const kept = new Map<number, Sample>();
  const reading = new Map<number, Promise<Sample>>();
  let usedBytes = 0;

  function keep(index: number, sample: Sample): Sample {
    const size = byteSize(sample);
    if (usedBytes + size > sizeBytes || kept.has(index)) return sample;
    usedBytes += size;
    kept.set(index, sample);
    return copyArrays(sample);
  }

  async function read(index: number, sample: Promise<Sample>): Promise<Sample> {
    try {
      return await sample;
    } finally {
      reading.delete(index);
    }
  }

  return {
    length: set.length,
    at(index) {
      if (kept.has(index)) return copyArrays(kept.get(index)!);
      const running = reading.get(index);
      if (running) return running.then(copyArrays);
      const sample = set.at(index);
      if (!(sample instanceof Promise)) return keep(index, sample);
      const next = read(index, sample);
      reading.set(index, next);
      return next.then((value) => keep(index, value));
    },
  };
}

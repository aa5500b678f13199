import { chunkOf, type Shard } from "./shard.js";

/** How a pass is cut: windows, of which each rank takes a chunk as its batch. */
export interface Windows {
  /** Samples in a pass, on all ranks. */
  readonly numSamples: number;
  /** Batches of a pass on this rank: windows whose chunk is empty stand at the end, and are none. */
  readonly numBatches: number;
  /** The positions [start, end) in the order of the pass that this rank's batch takes. */
  batchBounds(window: number): readonly [number, number];
  /** Windows of which this rank has used its chunk after `numSamples` samples of a pass, or undefined if that is within a batch or past the end. */
  after(numSamples: number): number | undefined;
}

/** Windows of `batchSize * size` samples; the last one is shorter or, with `dropLast`, left out. */
export function evenWindows(numInOrder: number, shard: Shard): Windows {
  const windowSize = shard.batchSize * shard.size;
  const numWindows = shard.dropLast ? Math.floor(numInOrder / windowSize) : Math.ceil(numInOrder / windowSize);
  const batchBounds = (window: number): readonly [number, number] =>
    chunkOf(window * windowSize, Math.min(windowSize, numInOrder - window * windowSize), shard);
  const sizeOf = (window: number): number => batchBounds(window)[1] - batchBounds(window)[0];
  const numBatches = numWindows > 0 && sizeOf(numWindows - 1) === 0 ? numWindows - 1 : numWindows;
  return {
    numSamples: Math.min(numInOrder, numWindows * windowSize),
    numBatches,
    batchBounds,
    after(numSamples) {
      const full = numSamples / shard.batchSize;
      if (Number.isInteger(full) && full >= 0 && full <= numBatches && (full === 0 || sizeOf(full - 1) === shard.batchSize)) return full;
      if (numBatches === 0) return undefined;
      return numSamples === (numBatches - 1) * shard.batchSize + sizeOf(numBatches - 1) ? numBatches : undefined;
    },
  };
}

/**
 * Windows that a sampler has cut. Those with fewer samples than ranks come last, longest first: so the batches of every rank belong to the first windows,
 * and all ranks are in the same window at the same step.
 * @param ends where each window ends in the order of the pass.
 */
export function cutWindows(ends: Uint32Array, shard: Shard): Windows {
  const windowSize = shard.batchSize * shard.size;
  const all = Array.from(ends, (end, i) => ({ start: i === 0 ? 0 : ends[i - 1]!, size: end - (i === 0 ? 0 : ends[i - 1]!) }));
  const kept = shard.dropLast ? all.filter(({ size }) => size === windowSize) : all;
  const tiny = kept.filter(({ size }) => size < shard.size).sort((a, b) => b.size - a.size);
  const windows = [...kept.filter(({ size }) => size >= shard.size), ...tiny];
  const batchBounds = (window: number): readonly [number, number] => chunkOf(windows[window]!.start, windows[window]!.size, shard);
  const used = [0]; // samples of this rank up to the end of each batch
  for (let window = 0; window < windows.length; window++) {
    const [start, end] = batchBounds(window);
    if (end === start) break;
    used.push(used.at(-1)! + end - start);
  }
  return {
    numSamples: kept.reduce((sum, { size }) => sum + size, 0),
    numBatches: used.length - 1,
    batchBounds,
    after(numSamples) {
      const window = used.indexOf(numSamples);
      return window === -1 ? undefined : window;
    },
  };
}

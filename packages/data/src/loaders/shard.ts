/** How a pass is cut: windows of `batchSize * size` samples, one batch of each window for each rank. */
export interface Shard {
  readonly numSamples: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly rank: number;
  readonly size: number;
}

/** Steps of one pass: windows, with the last, shorter one unless `dropLast`. The same on all ranks. */
export function numWindows({ numSamples, batchSize, dropLast, size }: Shard): number {
  const windows = numSamples / (batchSize * size);
  return dropLast ? Math.floor(windows) : Math.ceil(windows);
}

/** Batches of one pass on this rank: one less than windows if its part of the last one is empty. */
export function numBatches(shard: Shard): number {
  const windows = numWindows(shard);
  if (windows === 0) return 0;
  const [start, end] = batchBounds(shard, windows - 1);
  return end > start ? windows : windows - 1;
}

/**
 * The positions [start, end) in the order of the pass that this rank's batch of a window takes: the rank's chunk of the window.
 * A last, shorter window is cut into chunks whose sizes differ by at most one, larger ones first.
 */
export function batchBounds({ numSamples, batchSize, rank, size }: Shard, window: number): readonly [number, number] {
  const windowStart = window * batchSize * size;
  const windowSize = Math.min(batchSize * size, numSamples - windowStart);
  const smaller = Math.floor(windowSize / size);
  const numLarger = windowSize % size;
  const start = windowStart + rank * smaller + Math.min(rank, numLarger);
  return [start, start + smaller + (rank < numLarger ? 1 : 0)];
}

/** Windows of which this rank has used its part after `numSamples` samples of a pass, or undefined if that is within a batch or past the end. */
export function windowsAfter(shard: Shard, numSamples: number): number | undefined {
  const batches = numBatches(shard);
  const full = numSamples / shard.batchSize;
  if (Number.isInteger(full) && full >= 0 && full <= batches && isFull(shard, full - 1)) return full;
  if (batches === 0) return undefined;
  const [start, end] = batchBounds(shard, batches - 1);
  return numSamples === (batches - 1) * shard.batchSize + end - start ? batches : undefined;
}

function isFull(shard: Shard, window: number): boolean {
  if (window < 0) return true;
  const [start, end] = batchBounds(shard, window);
  return end - start === shard.batchSize;
}

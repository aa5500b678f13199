import { SnapfitError } from "@snapfit/base";

/** This rank's part of a pass: of each window of `batchSize * size` samples one chunk. */
export interface Shard {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly rank: number;
  readonly size: number;
}

/** @throws SnapfitError `OPTION_INVALID` */
export function checkShard(rank: number, size: number): void {
  if (Number.isInteger(size) && size >= 1 && Number.isInteger(rank) && rank >= 0 && rank < size) return;
  throw new SnapfitError(
    "OPTION_INVALID",
    `setShard(${rank}, ${size}) is no part of a whole. size is at least 1, and rank is 0 to size - 1. Pass the rank and size of the process group.`,
  );
}

/**
 * The part [start, end) of a window that a rank takes: chunks whose sizes differ by at most one, larger ones first.
 * @param start where the window begins in the order of the pass.
 */
export function chunkOf(start: number, windowSize: number, { rank, size }: Shard): readonly [number, number] {
  const smaller = Math.floor(windowSize / size);
  const numLarger = windowSize % size;
  const first = start + rank * smaller + Math.min(rank, numLarger);
  return [first, first + smaller + (rank < numLarger ? 1 : 0)];
}

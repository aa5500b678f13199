import type { StateRecord } from "./state-tree.js";

/** A loader whose position can be saved: what `@snapfit/data` makes. Any iterable or async iterable of batches works too, without the rest. */
export interface Loader<Batch> extends AsyncIterable<Batch> {
  /** Batches in one pass, on this rank. */
  readonly length: number;
  /** Samples in one pass, on all ranks together. */
  readonly numSamples: number;
  /** Takes the part of rank `rank` of `size` from the next pass on. */
  setShard(rank: number, size: number): void;
  /**
   * The state after `numSamples` samples of the running pass have been used on this rank, however many were read ahead.
   * Holds what {@link loadState} needs to yield the rest of the pass and all later ones with the same bits.
   */
  saveState(numSamples: number): StateRecord;
  /** The next pass continues where the state was taken. Throws a SnapfitError `LOADER_CHANGED` that names what differs (length, batch size, …). */
  loadState(state: StateRecord): void;
}

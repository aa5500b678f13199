/** A set of samples that can be had in any order: what loaders read. Anything with these two members is one. */
export interface RandomAccess<Sample> {
  /** Number of samples. */
  readonly length: number;
  /** Sample `index`, 0 to length - 1. A promise if it must be waited for (a file, an image to decode). */
  at(index: number): Sample | Promise<Sample>;
}

/** A set that can make whole batches faster than sample by sample. */
export interface BatchAccess<Sample, Batch> extends RandomAccess<Sample> {
  /** The samples with these indices as one batch, in arrays of its own. */
  gather(indices: Uint32Array): Batch | Promise<Batch>;
}

/** Whether a set has {@link BatchAccess.gather}. */
export function hasGather(set: RandomAccess<unknown>): set is BatchAccess<unknown, unknown> {
  return typeof (set as Partial<BatchAccess<unknown, unknown>>).gather === "function";
}

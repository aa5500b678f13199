import type { BatchRequest } from "./make-batches.js";

/** Who makes the batches of a loader. */
export interface BatchSource<Make> {
  /** A pass begins. */
  open(): OpenSource<Make>;
}

/** Makes the batches of one pass. */
export interface OpenSource<Make> {
  readonly make: Make;
  /** Called with true before a batch is waited for, and with false after. */
  hold?(isHeld: boolean): void;
  /** @param isLeft whether the pass was not used up. */
  close?(isLeft: boolean): unknown;
}

/** Makes a batch of samples, or of what threads make them of: those of the request, in its order. */
export type SampleBatchMaker = (request: BatchRequest, samples: readonly unknown[]) => unknown;

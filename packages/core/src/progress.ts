/** Where training stands. Only the core writes these; validation moves none of them. */
export interface Progress {
  /** Number of the running or last `fit`, from 1; 0 before the first. */
  readonly fit: number;
  /** Epoch of this fit, from 1; 0 before the first. */
  readonly epoch: number;
  /** Epochs over all fits, the running one included. */
  readonly globalEpoch: number;
  /** Batches finished in this epoch on this rank. */
  readonly batch: number;
  /** Optimizer steps over all fits. A skipped step does not count. */
  readonly step: number;
  /** Samples over all fits and ranks. */
  readonly samples: number;
}

/** The counters as the core holds them. */
export type Counters = { -readonly [K in keyof Progress]: Progress[K] };

/** A view of the counters that cannot be written to. */
export function progressView(counters: Counters): Progress {
  const view = {} as Progress;
  for (const key of Object.keys(counters) as (keyof Progress)[]) {
    Object.defineProperty(view, key, { get: () => counters[key], enumerable: true });
  }
  return Object.freeze(view);
}

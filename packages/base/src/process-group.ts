/** How an array is combined over ranks. */
export type ReduceOp = "sum" | "max" | "min";
/** Arrays that can be reduced. */
export type ReducibleArray = Float32Array | Float64Array | Int32Array;

/** The processes (or in-process ranks) that train together. Calls are collective: every rank makes the same calls in the same order. */
export interface ProcessGroup {
  /** 0 to size - 1, over all machines. */
  readonly rank: number;
  readonly size: number;
  /** Position on this machine. */
  readonly localRank: number;
  /** Combines `data` over all ranks in place; every rank gets the same bits (summed in rank order). */
  allReduce(data: ReducibleArray, op?: ReduceOp): Promise<void>;
  /** As {@link allReduce}, for use inside a synchronous step. Throws a SnapfitError `SYNC_UNSUPPORTED` where the group cannot block. */
  allReduceSync(data: ReducibleArray, op?: ReduceOp): void;
  /** The value of rank `root` (default 0), on all ranks. Values are plain data ({@link StateTree}). */
  broadcast<T>(value: T, root?: number): Promise<T>;
  /** The values of all ranks, in rank order. */
  allGather<T>(value: T): Promise<T[]>;
  /** Resolves when all ranks have called it. */
  barrier(): Promise<void>;
  /** Ends the group with an error: pending and later calls of all ranks reject with a SnapfitError `GROUP_ABORTED` that has this cause. */
  abort(cause: unknown): void;
  close(): Promise<void>;
}

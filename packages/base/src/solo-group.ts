import type { ProcessGroup } from "./process-group.js";
import { SnapfitError } from "./snapfit-error.js";

/**
 * The group of a run on its own: rank 0 of 1, synchronous calls included. Collectives do nothing; `broadcast` and `allGather` give back the value itself, not a copy.
 * Calls after `abort` reject with `GROUP_ABORTED`, after `close` with `GROUP_CLOSED`.
 */
export function soloGroup(): ProcessGroup {
  return new SoloGroup();
}

class SoloGroup implements ProcessGroup {
  readonly rank = 0;
  readonly size = 1;
  readonly localRank = 0;
  #end: SnapfitError | undefined;

  async allReduce(): Promise<void> {
    this.#checkOpen();
  }

  allReduceSync(): void {
    this.#checkOpen();
  }

  async broadcast<T>(value: T): Promise<T> {
    this.#checkOpen();
    return value;
  }

  async allGather<T>(value: T): Promise<T[]> {
    this.#checkOpen();
    return [value];
  }

  async barrier(): Promise<void> {
    this.#checkOpen();
  }

  abort(cause: unknown): void {
    this.#end ??= groupAborted(0, cause);
  }

  async close(): Promise<void> {
    this.#end ??= groupClosed(0);
  }

  #checkOpen(): void {
    if (this.#end) throw this.#end;
  }
}

/** The error that all ranks see after an abort. */
export function groupAborted(rank: number, cause: unknown): SnapfitError<"GROUP_ABORTED"> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SnapfitError(
    "GROUP_ABORTED",
    `Rank ${rank} ended the process group: ${reason} Ranks can only go on together. Solve the cause and start all ranks again.`,
    { cause },
  );
}

/** The error of a call that a closed rank makes, or that waits for one. */
export function groupClosed(rank: number, waiting = ""): SnapfitError<"GROUP_CLOSED"> {
  return new SnapfitError(
    "GROUP_CLOSED",
    `Rank ${rank} has closed its process group${waiting}. All ranks make the same calls before they close. Close after the last collective call.`,
  );
}

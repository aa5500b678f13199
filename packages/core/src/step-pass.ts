import type { HostOutputs } from "@snapfit/base";
import type { WaitingRecord } from "./log-hub.js";
import type { NamedScalar } from "./pending-scalars.js";

/** What one run of `computeGradients` has brought, committed only if it was the last one of its step. */
export class StepPass {
  readonly scalars: NamedScalar[] = [];
  readonly outputs: HostOutputs[] = [];
  /** Paths that had a gradient in any batch. */
  readonly present = new Set<string>();
  hasLoss = false;
  /** The first loss that is not finite, where the backend keeps its data in host memory. */
  badLoss: { readonly name: string; readonly value: number; readonly index: number } | undefined;
  /** Records logged in the step. */
  readonly records: WaitingRecord[] = [];

  /** @param numBatches batches of the window; 0 outside of steps. */
  constructor(readonly numBatches = 0) {}

  /** Whether a step runs: what is logged waits for its end. */
  get isOpen(): boolean {
    return this.numBatches > 0;
  }
}

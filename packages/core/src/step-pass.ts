import type { HostOutputs } from "@snapfit/base";
import type { NamedScalar } from "./pending-scalars.js";

/** What one run of `computeGradients` has brought, committed only if it was the last one of its step. */
export class StepPass {
  readonly scalars: NamedScalar[] = [];
  readonly outputs: HostOutputs[] = [];
  /** Paths that had a gradient in any batch. */
  readonly present = new Set<string>();
  hasLoss = false;
}

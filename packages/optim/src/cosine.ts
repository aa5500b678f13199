import { checkOptions, numberFrom, wholeNumberFrom } from "@snapfit/base";
import { runLength } from "./run-length.js";
import type { Schedule } from "./schedule.js";

/** Options of {@link cosine}. */
export interface CosineOptions {
  /** Steps until the smallest factor. @default the run's total steps */
  readonly totalSteps?: number | undefined;
  /** Factor at the end and after it, 0 to 1. @default 0 */
  readonly minFactor?: number | undefined;
}

/**
 * Half a cosine from 1 down to `minFactor`, step by step; then it stays there.
 * As torch's CosineAnnealingLR with `T_max = totalSteps` up to that step (which afterwards rises again).
 * @throws SnapfitError `OPTION_INVALID`, also when asked for a run without steps; `OPTION_UNKNOWN`; when asked, what reading unknown total steps throws.
 * @see Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5
 */
export function cosine(options: CosineOptions = {}): Schedule {
  checkOptions("cosine()", options, { totalSteps: wholeNumberFrom(1), minFactor: numberFrom(0, 1) });
  const { totalSteps, minFactor = 0 } = options;
  return {
    unit: "step",
    at(moment) {
      const done = Math.min(1, moment.step / runLength("cosine()", totalSteps, moment));
      return minFactor + ((1 - minFactor) * (1 + Math.cos(Math.PI * done))) / 2;
    },
  };
}

import { checkOptions, numberFrom, wholeNumberFrom } from "@snapfit/base";
import type { Schedule } from "./schedule.js";

/** Options of {@link cosineRestarts}. */
export interface CosineRestartsOptions {
  /** Steps of the first fall. */
  readonly periodSteps: number;
  /** What the steps of each fall are multiplied by for the next, a whole number of at least 1. @default 1 */
  readonly periodFactor?: number | undefined;
  /** Factor that each fall goes to, 0 to 1. @default 0 */
  readonly minFactor?: number | undefined;
}

/**
 * Half a cosine from 1 down to `minFactor`, then from 1 again, as torch's CosineAnnealingWarmRestarts.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Loshchilov & Hutter 2017, arXiv:1608.03983
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const checks = { periodSteps: wholeNumberFrom(1), periodFactor: wholeNumberFrom(1), minFactor: numberFrom(0, 1) };
  checkOptions("cosineRestarts()", options, checks, ["periodSteps"]);
  const { periodSteps, periodFactor = 1, minFactor = 0 } = options;
  return {
    unit: "step",
    at: ({ step }) => minFactor + ((1 - minFactor) * (1 + Math.cos(Math.PI * partDone(step, periodSteps, periodFactor)))) / 2,
  };
}

function partDone(step: number, periodSteps: number, periodFactor: number): number {
  if (periodFactor === 1) return (step % periodSteps) / periodSteps;
  let start = 0;
  let length = periodSteps;
  while (step >= start + length) {
    start += length;
    length *= periodFactor;
  }
  return (step - start) / length;
}

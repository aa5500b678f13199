import { checkOptions, numberAbove, numberFrom, wholeNumberFrom } from "@snapfit/base";
import { runLength } from "./run-length.js";
import type { Schedule } from "./schedule.js";

/** Options of {@link polynomial}. */
export interface PolynomialOptions {
  /** Steps until the smallest factor. @default the run's total steps */
  readonly totalSteps?: number | undefined;
  /** Above 0; 1 is a straight line. @default 1 */
  readonly power?: number | undefined;
  /** Factor at the end and after it, 0 to 1. @default 0 */
  readonly minFactor?: number | undefined;
}

/**
 * From 1 down to `minFactor` by a power of the part of the steps that remains, as torch's PolynomialLR; then it stays there.
 * @throws SnapfitError `OPTION_INVALID`, also when asked for a run without steps; `OPTION_UNKNOWN`; when asked, what reading unknown total steps throws.
 */
export function polynomial(options: PolynomialOptions = {}): Schedule {
  checkOptions("polynomial()", options, { totalSteps: wholeNumberFrom(1), power: numberAbove(0), minFactor: numberFrom(0, 1) });
  const { totalSteps, power = 1, minFactor = 0 } = options;
  return {
    unit: "step",
    at(moment) {
      const left = Math.max(0, 1 - moment.step / runLength("polynomial()", totalSteps, moment));
      return minFactor + (1 - minFactor) * left ** power;
    },
  };
}

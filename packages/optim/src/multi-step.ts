import { checkOptions, numberFrom } from "@snapfit/base";
import { checkMilestones, milestoneChecks, type Milestones } from "./milestones.js";
import type { Schedule } from "./schedule.js";

/** Options of {@link multiStep}: the milestones, as `epochs` or `steps`. */
export type MultiStepOptions = {
  /** What each multiplication is by, 0 to 1. @default 0.1 */
  readonly factor?: number | undefined;
} & Milestones;

/**
 * Multiplies the rate by `factor` at each milestone, as torch's MultiStepLR.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @example
 * const schedule = multiStep({ epochs: [30, 60, 80] });
 */
export function multiStep(options: MultiStepOptions): Schedule {
  checkOptions("multiStep()", options, { factor: numberFrom(0, 1), ...milestoneChecks });
  const { unit, at } = checkMilestones("multiStep", options);
  const { factor = 0.1 } = options;
  return { unit, at: (moment) => factor ** at.filter((milestone) => milestone <= moment[unit]).length };
}

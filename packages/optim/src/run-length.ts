import { checkOption, wholeNumberFrom } from "@snapfit/base";
import type { ScheduleMoment } from "./schedule.js";

/**
 * The steps that a schedule goes by: its own option, else the run's.
 * @param owner as the user writes it: `cosine()`
 * @throws SnapfitError `OPTION_INVALID` if there are none; what reading unknown total steps throws
 */
export function runLength(owner: string, totalSteps: number | undefined, moment: ScheduleMoment): number {
  if (totalSteps !== undefined) return totalSteps;
  checkOption(owner, "moment.totalSteps", moment.totalSteps, wholeNumberFrom(1));
  return moment.totalSteps;
}

import { checkOption, checkOptions, numberFrom, wholeNumberFrom } from "@snapfit/base";
import { constant } from "./constant.js";
import { momentSinceStep } from "./moment-since.js";
import { fixedSchedule, type Schedule, type ScheduleMoment } from "./schedule.js";

/** Options of {@link warmup}. */
export interface WarmupOptions {
  /** Steps until the full rate. */
  readonly steps: number;
  /** Factor at step 0, 0 to 1. @default 0 */
  readonly from?: number | undefined;
}

/**
 * Raises the rate linearly over the first steps, then follows `schedule` (default: the base rate).
 * A schedule by step begins after the warm-up: it sees the steps since then, and as total steps those that remain, as in torch's SequentialLR.
 * A schedule by epoch sees the epochs as they are.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @example
 * const schedule = warmup({ steps: 500 }, cosine());
 */
export function warmup(options: WarmupOptions, schedule: Schedule = constant()): Schedule {
  checkOptions("warmup()", options, { steps: wholeNumberFrom(0), from: numberFrom(0, 1) }, ["steps"]);
  checkOption("warmup()", "schedule", schedule, fixedSchedule);
  const { steps, from = 0 } = options;
  const behind = (moment: ScheduleMoment): ScheduleMoment => (schedule.unit === "step" ? momentSinceStep(moment, steps) : moment);
  return {
    unit: "step",
    at(moment) {
      const ramp = moment.step < steps ? from + ((1 - from) * moment.step) / steps : 1;
      return ramp * schedule.at(behind(moment));
    },
    momentumAt: (moment) => schedule.momentumAt?.(behind(moment)),
  };
}

import { checkOption, checkOptions, SnapfitError } from "@snapfit/base";
import { checkMilestones, milestoneChecks, type Milestones } from "./milestones.js";
import { momentSinceEpoch, momentSinceStep } from "./moment-since.js";
import { fixedSchedule, type Schedule, type ScheduleMoment } from "./schedule.js";

/**
 * One schedule after the other, each from its milestone on, as torch's SequentialLR. One by the unit of the milestones sees what is done since its own;
 * by step also, as total steps, those up to the next. Between milestones in steps, a schedule by epoch sees the epochs as they are.
 * @param schedules one more than there are milestones; between milestones in epochs, all by epoch.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @example
 * const schedule = chain({ steps: [500, 9000] }, [warmup({ steps: 500 }), constant(), polynomial()]);
 */
export function chain(milestones: Milestones, schedules: readonly Schedule[]): Schedule {
  checkOptions("chain()", milestones, milestoneChecks);
  const { unit, at } = checkMilestones("chain", milestones);
  checkSchedules(schedules, unit, at.length + 1);
  const partAt = (moment: ScheduleMoment): { readonly schedule: Schedule; readonly own: ScheduleMoment } => {
    const index = at.filter((milestone) => milestone <= moment[unit]).length;
    const schedule = schedules[index]!;
    const start = at[index - 1] ?? 0;
    if (unit === "epoch") return { schedule, own: momentSinceEpoch(moment, start) };
    return { schedule, own: schedule.unit === "step" ? momentSinceStep(moment, start, at[index]) : moment };
  };
  return {
    unit,
    at(moment) {
      const { schedule, own } = partAt(moment);
      return schedule.at(own);
    },
    momentumAt(moment) {
      const { schedule, own } = partAt(moment);
      return schedule.momentumAt?.(own);
    },
  };
}

function checkSchedules(schedules: readonly Schedule[], unit: "epoch" | "step", count: number): void {
  const isRight = Array.isArray(schedules) && schedules.length === count;
  checkOption("chain()", "schedules", schedules, [`a list of ${count}, one more than there are milestones`, () => isRight]);
  schedules.forEach((schedule: Schedule, i) => {
    checkOption("chain()", `schedules[${i}]`, schedule, fixedSchedule);
    if (unit === "epoch" && schedule.unit === "step") {
      throw new SnapfitError(
        "OPTION_INVALID",
        `chain() got schedules[${i}] by step between milestones in epochs. Give the milestones as steps.`,
      );
    }
  });
}

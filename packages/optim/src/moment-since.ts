import type { ScheduleMoment } from "./schedule.js";

/** A moment as a schedule sees it that begins at step `start` and has the steps up to `end`, without it up to the run's end. */
export function momentSinceStep(moment: ScheduleMoment, start: number, end?: number): ScheduleMoment {
  return {
    step: Math.max(0, moment.step - start),
    epoch: moment.epoch,
    // Lazy, since reading it throws where it is unknown and not every schedule reads it.
    get totalSteps() {
      return Math.max(1, (end ?? moment.totalSteps) - start);
    },
  };
}

/** A moment as a schedule sees it that begins at epoch `start`. */
export function momentSinceEpoch(moment: ScheduleMoment, start: number): ScheduleMoment {
  return {
    step: moment.step,
    epoch: Math.max(0, moment.epoch - start),
    get totalSteps() {
      return moment.totalSteps;
    },
  };
}

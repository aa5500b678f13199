import type { OptionCheck, StateRecord } from "@snapfit/base";

/** Where training stands when a schedule is asked. */
export interface ScheduleMoment {
  /** Optimizer steps done over all fits; 0 before the first. */
  readonly step: number;
  /** Steps before this fit plus its own. Reading it where it is unknown throws a SnapfitError `TOTAL_STEPS_UNKNOWN`. */
  readonly totalSteps: number;
  /** Epochs finished over all fits: 0 in the first epoch. */
  readonly epoch: number;
}

/** A pure factor of each group's base rate. */
export interface Schedule {
  /** Whether the factor changes with every step or only with every epoch. */
  readonly unit: "step" | "epoch";
  at(moment: ScheduleMoment): number;
  /** The momentum (SGD, RMSProp) or beta1 (Adam's kin) of the next step, 0 to below 1; undefined leaves the optimizer's own. */
  momentumAt?(moment: ScheduleMoment): number | undefined;
}

/** What may stand behind or beside other schedules. */
export const fixedSchedule: OptionCheck = [
  "a schedule by step or epoch such as cosine(); one that follows a metric has no place here",
  (value) => typeof (value as Partial<Schedule> | undefined | null)?.at === "function",
];

/** A schedule that follows a metric, with state: lowers the rate when the metric no longer improves. */
export interface MetricSchedule {
  readonly unit: "metric";
  /** Name of the validation value; without it, what the valid early stopper monitors. */
  readonly monitor?: string | undefined;
  /** Without it, that of the valid early stopper, else the metric's declared direction. */
  readonly mode?: "max" | "min" | undefined;
  /** The factor now. */
  readonly factor: number;
  /** Takes the value of one validation. */
  update(value: number, mode: "max" | "min"): void;
  saveState(): StateRecord;
  loadState(state: StateRecord): void;
}

import { checkOptions, numberFrom, oneOf } from "@snapfit/base";
import type { Schedule } from "./schedule.js";

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /** What the rate is multiplied by each time, 0 to 1. */
  readonly factor: number;
  /** How often. @default "epoch" */
  readonly unit?: "step" | "epoch" | undefined;
}

/**
 * Multiplies the rate by `factor` after every epoch (or step), as torch's ExponentialLR.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 */
export function exponential(options: ExponentialOptions): Schedule {
  checkOptions("exponential()", options, { factor: numberFrom(0, 1), unit: oneOf("epoch", "step") }, ["factor"]);
  const { factor, unit = "epoch" } = options;
  return { unit, at: (moment) => factor ** moment[unit] };
}

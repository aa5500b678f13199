import { checkOptions, numberAbove } from "@snapfit/base";
import type { Schedule } from "./schedule.js";

/** Options of {@link inverseSquareRoot}. */
export interface InverseSquareRootOptions {
  /** After three times as many steps the factor is a half; above 0. */
  readonly timescaleSteps: number;
}

/**
 * 1 / sqrt(1 + step / timescaleSteps). Behind a {@link warmup} of as many steps it is the schedule of the Transformer.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Vaswani et al. 2017, arXiv:1706.03762, equation 3
 * @example
 * const schedule = warmup({ steps: 4000 }, inverseSquareRoot({ timescaleSteps: 4000 }));
 */
export function inverseSquareRoot(options: InverseSquareRootOptions): Schedule {
  checkOptions("inverseSquareRoot()", options, { timescaleSteps: numberAbove(0) }, ["timescaleSteps"]);
  const { timescaleSteps } = options;
  return { unit: "step", at: ({ step }) => 1 / Math.sqrt(1 + step / timescaleSteps) };
}

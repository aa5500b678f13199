import { anyFunction, checkOption, checkOptions, oneOf, shown, SnapfitError } from "@snapfit/base";
import type { OptimErrorCode } from "./optim-error-code.js";
import type { Schedule } from "./schedule.js";

/** Options of {@link lambda}. */
export interface LambdaOptions {
  /** What the function is asked for. @default "step" */
  readonly unit?: "step" | "epoch" | undefined;
}

/**
 * A schedule from a function of the steps (or epochs) done to the factor, as torch's LambdaLR.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`; when asked, `RATE_INVALID` if the function gives no finite number of at least 0.
 * @example
 * const schedule = lambda((step) => 1 / (1 + step / 1000));
 */
export function lambda(factorAt: (numDone: number) => number, options: LambdaOptions = {}): Schedule {
  checkOption("lambda()", "factorAt", factorAt, ["a function: (step) => factor", anyFunction[1]]);
  checkOptions("lambda()", options, { unit: oneOf("step", "epoch") });
  const { unit = "step" } = options;
  return {
    unit,
    at(moment) {
      const factor = factorAt(moment[unit]);
      if (Number.isFinite(factor) && factor >= 0) return factor;
      throw new SnapfitError<OptimErrorCode>(
        "RATE_INVALID",
        `The function of lambda gave ${shown(factor)} for ${unit} ${moment[unit]}. Expected a finite number of at least 0.`,
      );
    },
  };
}

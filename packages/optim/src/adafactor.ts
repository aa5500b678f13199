import { checkOptions, numberAbove, numberFrom } from "@snapfit/base";
import { adafactorRule } from "./adafactor-rule.js";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups, rateChecks, type RateOptions } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";

/** Options of {@link adafactor}. `learningRate` is 0.01 when left out: the step is relative to the parameter, and at most 1 / sqrt(step). */
export interface AdafactorOptions extends RateOptions {
  /** The decay of the mean squares at a step is 1 - step^-beta2Decay; above 0. @default 0.8 */
  readonly beta2Decay?: number | undefined;
  /** Least root of a mean square, above 0. @default 2^-23 */
  readonly epsilon?: number | undefined;
  /** Least root mean square of a parameter that its step is relative to, at least 0. @default 1e-3 */
  readonly minScale?: number | undefined;
  /** Root mean square that the step before the rate is limited to, above 0. @default 1 */
  readonly clipThreshold?: number | undefined;
}

/**
 * Adafactor, as torch.optim.Adafactor: for the last two dimensions of a parameter it keeps the mean squares of rows and columns only, so its
 * memory is that of the sums of both, not their product. Weight decay (default 0) is decoupled.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Shazeer & Stern 2018, arXiv:1804.04235
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer {
  const checks = {
    ...rateChecks(),
    beta2Decay: numberAbove(0),
    epsilon: numberAbove(0),
    minScale: numberFrom(0),
    clipThreshold: numberAbove(0),
  };
  checkOptions("adafactor()", options, checks);
  const { beta2Decay = 0.8, epsilon = 2 ** -23, minScale = 1e-3, clipThreshold = 1 } = options;
  const groups = new ParameterGroups("adafactor", options, { learningRate: 0.01, weightDecay: 0 });
  return new SlotOptimizer(adafactorRule({ beta2Decay, epsilon, minScale, clipThreshold }), groups);
}

import { checkOptions, fraction, numberFrom } from "@snapfit/base";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups, rateChecks, type RateOptions } from "./parameter-groups.js";
import { rmsPropRule } from "./rms-prop-rule.js";
import { SlotOptimizer } from "./slot-optimizer.js";

/** Options of {@link rmsProp}. `learningRate` is 0.01 when left out. */
export interface RmsPropOptions extends RateOptions {
  /** Decay of the mean of the squared gradients, 0 to below 1. @default 0.99 */
  readonly alpha?: number | undefined;
  /** At least 0; 0 keeps no slot for it. @default 0 */
  readonly momentum?: number | undefined;
  /** Added to the root in the denominator, at least 0. @default 1e-8 */
  readonly epsilon?: number | undefined;
}

/**
 * RMSProp, as torch.optim.RMSprop without `centered`. Weight decay is added to the gradient; default 0.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 */
export function rmsProp(options: RmsPropOptions = {}): Optimizer {
  checkOptions("rmsProp()", options, { ...rateChecks(), alpha: fraction, momentum: numberFrom(0), epsilon: numberFrom(0) });
  const { alpha = 0.99, momentum = 0, epsilon = 1e-8 } = options;
  const groups = new ParameterGroups("rmsProp", options, { learningRate: 0.01, weightDecay: 0 });
  return new SlotOptimizer(rmsPropRule({ alpha, epsilon, momentum }), groups);
}

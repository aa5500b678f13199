import { adamRule } from "./adam-rule.js";
import { checkOptions, numberFrom } from "./check-options.js";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups, rateChecks, type RateOptions } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";

/** Options of {@link adam} and {@link adamW}. `learningRate` is 0.001 when left out. */
export interface AdamOptions extends RateOptions {
  /** Decay of the mean of the gradients, 0 to below 1. @default 0.9 */
  readonly beta1?: number | undefined;
  /** Decay of the mean of their squares, 0 to below 1. @default 0.999 */
  readonly beta2?: number | undefined;
  /** Added to the root in the denominator, at least 0. @default 1e-8 */
  readonly epsilon?: number | undefined;
}

/**
 * Adam, as torch.optim.Adam: weight decay (default 0) is added to the gradient.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Kingma & Ba 2015, arXiv:1412.6980
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamOptimizer("adam", options, 0, false);
}

/**
 * Adam with decoupled weight decay, as torch.optim.AdamW: each step first shrinks the parameter by rate x weight decay (default 0.01).
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Loshchilov & Hutter 2019, arXiv:1711.05101
 * @example
 * const optimizer = adamW({ learningRate: 3e-4, weightDecay: 0.05, noDecay: "biasAndNorm" });
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamOptimizer("adamW", options, 0.01, true);
}

function adamOptimizer(name: string, options: AdamOptions, weightDecay: number, isDecoupled: boolean): Optimizer {
  const beta = numberFrom(0, 1, true);
  checkOptions(name, options, { ...rateChecks, beta1: beta, beta2: beta, epsilon: numberFrom(0) });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const groups = new ParameterGroups(name, options, { learningRate: 0.001, weightDecay });
  return new SlotOptimizer(adamRule(name, { beta1, beta2, epsilon, isDecoupled }), groups);
}

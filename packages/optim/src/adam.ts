import { checkOptions, fraction, numberFrom, trueOrFalse, type OptionCheck } from "@snapfit/base";
import { adamRule } from "./adam-rule.js";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups, rateChecks, type RateOptions } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";
import { decayConstants } from "./update-rule.js";

/** Options of the optimizers with Adam's two moments. */
export interface MomentOptions extends RateOptions {
  /** Decay of the mean of the gradients, 0 to below 1. @default 0.9 */
  readonly beta1?: number | undefined;
  /** Decay of the mean of their squares, 0 to below 1. @default 0.999 */
  readonly beta2?: number | undefined;
  /** Added to the root in the denominator, at least 0. @default 1e-8 */
  readonly epsilon?: number | undefined;
}

/** Options of {@link adam} and {@link adamW}. `learningRate` is 0.001 when left out. */
export interface AdamOptions extends MomentOptions {
  /** Divides by the root of the largest mean square so far, which takes one slot more. @default false */
  readonly amsgrad?: boolean | undefined;
}

/** Checks of {@link MomentOptions}, for the factories' tables. */
export function momentChecks(): Readonly<Record<keyof MomentOptions, OptionCheck>> {
  return { ...rateChecks(), beta1: fraction, beta2: fraction, epsilon: numberFrom(0) };
}

/**
 * Adam, as torch.optim.Adam: weight decay (default 0) is added to the gradient.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Kingma & Ba 2015, arXiv:1412.6980; amsgrad: Reddi et al. 2018, arXiv:1904.09237
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

// In the order of operations of section 2 of the paper: the bias corrections stand before the root, once a step.
// p - lr / c1 * m / (sqrt(v) / sqrt(c2) + eps)  =  p - (lr sqrt(c2) / c1) m / (sqrt(v) + eps sqrt(c2)),  c = 1 - beta^step
function adamOptimizer(name: string, options: AdamOptions, weightDecay: number, isDecoupled: boolean): Optimizer {
  checkOptions(`${name}()`, options, { ...momentChecks(), amsgrad: trueOrFalse });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, amsgrad = false } = options;
  const rule = adamRule({
    name,
    beta1,
    isAmsgrad: amsgrad,
    constants(moment) {
      const root2 = Math.sqrt(1 - beta2 ** moment.step);
      const size = (moment.learningRate * root2) / (1 - moment.momentum ** moment.step);
      return [...decayConstants(moment, isDecoupled), 1 - moment.momentum, beta2, 1 - beta2, size, epsilon * root2];
    },
  });
  return new SlotOptimizer(rule, new ParameterGroups(name, options, { learningRate: 0.001, weightDecay }));
}

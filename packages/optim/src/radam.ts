import { checkOptions, trueOrFalse } from "@snapfit/base";
import { adamRule } from "./adam-rule.js";
import { momentChecks, type MomentOptions } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";
import { decayConstants } from "./update-rule.js";

/** Options of {@link radam}. `learningRate` is 0.001 when left out. */
export interface RadamOptions extends MomentOptions {
  /** Shrinks the parameter by rate x weight decay, rather than adding decay x parameter to the gradient. @default false */
  readonly decoupledWeightDecay?: boolean | undefined;
}

/**
 * Adam with a rectified variance, as torch.optim.RAdam: the first steps, while the mean square says little, are plain momentum.
 * Weight decay is 0 by default.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Liu et al. 2020, arXiv:1908.03265, algorithm 2
 */
export function radam(options: RadamOptions = {}): Optimizer {
  checkOptions("radam()", options, { ...momentChecks(), decoupledWeightDecay: trueOrFalse });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decoupledWeightDecay = false } = options;
  const rule = adamRule({
    name: "radam",
    beta1,
    isAmsgrad: false,
    constants(moment) {
      const { step, momentum } = moment;
      const mean = moment.learningRate / (1 - momentum ** step);
      const rectified = rectification(beta2, step);
      // p = kept p - lr / c1 r sqrt(c2) m / (sqrt(v) + eps) with a rectification r, without one p = kept p - lr / c1 m;  c = 1 - beta^step
      const [size, added] = rectified === undefined ? [mean * HUGE, HUGE] : [mean * rectified * Math.sqrt(1 - beta2 ** step), epsilon];
      return [...decayConstants(moment, decoupledWeightDecay), 1 - momentum, beta2, 1 - beta2, size, added];
    },
  });
  return new SlotOptimizer(rule, new ParameterGroups("radam", options, { learningRate: 0.001, weightDecay: 0 }));
}

/** A power of 2 beside which a root vanishes: x HUGE / (root + HUGE) is x to the last bit, so plain momentum needs no form of its own. */
const HUGE = 2 ** 60;

/** Of the variance, from the length of the moving average that equals the mean square of this step; undefined where it is too short. */
function rectification(beta2: number, step: number): number | undefined {
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * step * beta2 ** step) / (1 - beta2 ** step);
  if (length <= 5) return undefined;
  return Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
}

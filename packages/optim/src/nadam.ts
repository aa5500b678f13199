import { checkOptions, numberFrom, trueOrFalse } from "@snapfit/base";
import { momentChecks, type MomentOptions } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";
import { decayConstants, decayedGradient, slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** Options of {@link nadam}. `learningRate` is 0.002 when left out. */
export interface NadamOptions extends MomentOptions {
  /** How fast the momentum rises to beta1, at least 0. @default 0.004 */
  readonly momentumDecay?: number | undefined;
  /** Shrinks the parameter by rate x weight decay, rather than adding decay x parameter to the gradient. @default false */
  readonly decoupledWeightDecay?: boolean | undefined;
}

type Constants = [
  addedDecay: number,
  kept: number,
  ofFirst: number,
  beta2: number,
  ofSecond: number,
  ofGradient: number,
  ofMean: number,
  epsilon: number,
];

/**
 * Adam with Nesterov's momentum, as torch.optim.NAdam. Weight decay is 0 by default.
 * Its momentum mu rises to beta1 by itself; a schedule may drive beta1.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Dozat 2016, "Incorporating Nesterov momentum into Adam"
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  checkOptions("nadam()", options, { ...momentChecks(), momentumDecay: numberFrom(0), decoupledWeightDecay: trueOrFalse });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentumDecay = 0.004, decoupledWeightDecay = false } = options;
  const momentumOf = (driven: number, step: number): number => driven * (1 - 0.5 * 0.96 ** (step * momentumDecay));
  // mu = beta1 (1 - 0.96^(step decay) / 2), mu_next that of the next step with the same beta1
  // m = m + (1 - beta1)(g - m);  v = beta2 v + (1 - beta2) g g;  c2 = 1 - beta2^step;  M = product of the mu of all steps
  // p = kept p - lr ((1 - mu) / (1 - M) g + mu_next / (1 - M mu_next) m) / (sqrt(v / c2) + eps)
  const rule: UpdateRule<Constants> = {
    name: "nadam",
    slotsOf: slotsLikeParameter("firstMoment", "secondMoment"),
    momentum: beta1,
    momentumOf,
    kernel: "nadam",
    constants(moment) {
      const { step, momentum, momentumProduct } = moment;
      const next = momentumOf(momentum, step + 1);
      const root2 = Math.sqrt(1 - beta2 ** step);
      const size = moment.learningRate * root2;
      const ofGradient = (size * (1 - momentumOf(momentum, step))) / (1 - momentumProduct);
      const ofMean = (size * next) / (1 - momentumProduct * next);
      return [...decayConstants(moment, decoupledWeightDecay), 1 - momentum, beta2, 1 - beta2, ofGradient, ofMean, epsilon * root2];
    },
    updateArrays([addedDecay, kept, ofFirst, decay2, ofSecond, ofGradient, ofMean, added], values, gradient, [first, second]) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        const g = gradient[i]! + addedDecay * value;
        const newFirst = first![i]! + ofFirst * (g - first![i]!);
        const newSecond = decay2 * second![i]! + ofSecond * g * g;
        first![i] = newFirst;
        second![i] = newSecond;
        values[i] = Math.fround(kept * value) - (ofGradient * g + ofMean * newFirst) / (Math.sqrt(newSecond) + added);
      }
    },
    updateTensors([addedDecay, kept, ofFirst, decay2, ofSecond, ofGradient, ofMean, added], values, gradient, [first, second]) {
      const g = decayedGradient(gradient, values, addedDecay);
      const newFirst = first!.add(g.sub(first!).mul(ofFirst));
      const newSecond = second!.mul(decay2).add(g.mul(ofSecond).mul(g));
      const step = g.mul(ofGradient).add(newFirst.mul(ofMean)).div(newSecond.sqrt().add(added));
      return [(kept === 1 ? values : values.mul(kept)).sub(step), newFirst, newSecond];
    },
  };
  return new SlotOptimizer(rule, new ParameterGroups("nadam", options, { learningRate: 0.002, weightDecay: 0 }));
}

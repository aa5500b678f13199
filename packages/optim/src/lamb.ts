import { checkOptions } from "@snapfit/base";
import { momentChecks, type MomentOptions } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";
import { slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** Options of {@link lamb}. `learningRate` is 0.001 when left out, `epsilon` 1e-6. */
export type LambOptions = MomentOptions;

type Constants = [
  ofFirst: number,
  beta2: number,
  ofSecond: number,
  ofMean: number,
  epsilon: number,
  weightDecay: number,
  learningRate: number,
];

/**
 * LAMB, for large batches: AdamW's step of each parameter, scaled to the parameter's norm; by 1 where one of both norms is 0.
 * Weight decay (default 0.01) is part of the step before it is scaled.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see You et al. 2020, arXiv:1904.00962, algorithm 2, with the norm itself as phi
 */
export function lamb(options: LambOptions = {}): Optimizer {
  checkOptions("lamb()", options, momentChecks());
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6 } = options;
  // r = m / c1 / (sqrt(v / c2) + eps) + wd p;  p = p - lr |p| / |r| r,  c = 1 - beta^step
  const rule: UpdateRule<Constants> = {
    name: "lamb",
    slotsOf: slotsLikeParameter("firstMoment", "secondMoment"),
    momentum: beta1,
    kernel: "lamb",
    constants({ step, learningRate, weightDecay, momentum }) {
      const root2 = Math.sqrt(1 - beta2 ** step);
      return [1 - momentum, beta2, 1 - beta2, root2 / (1 - momentum ** step), epsilon * root2, weightDecay, learningRate];
    },
    updateArrays: (constants, values, gradient, [first, second]) => lambLoops(constants, values, gradient, first!, second!),
    updateTensors([ofFirst, decay2, ofSecond, ofMean, added, weightDecay, learningRate], values, gradient, [first, second]) {
      const newFirst = first!.add(gradient.sub(first!).mul(ofFirst));
      const newSecond = second!.mul(decay2).add(gradient.mul(ofSecond).mul(gradient));
      const step = newFirst.mul(ofMean).div(newSecond.sqrt().add(added)).add(values.mul(weightDecay));
      const [ofValues, ofStep] = [values.square().sum().sqrt(), step.square().sum().sqrt()];
      const ratio = ofValues.div(ofStep).where(ofValues.mul(ofStep).greater(0), ofValues.onesLike());
      return [values.sub(step.mul(ratio.mul(learningRate))), newFirst, newSecond];
    },
  };
  return new SlotOptimizer(rule, new ParameterGroups("lamb", options, { learningRate: 0.001, weightDecay: 0.01 }));
}

function lambLoops(
  [ofFirst, beta2, ofSecond, ofMean, epsilon, weightDecay, learningRate]: Constants,
  values: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
): void {
  const stepAt = (i: number): number => (ofMean * first[i]!) / (Math.sqrt(second[i]!) + epsilon) + weightDecay * values[i]!;
  let ofValues = 0;
  let ofSteps = 0;
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i]!;
    first[i] = first[i]! + ofFirst * (g - first[i]!);
    second[i] = beta2 * second[i]! + ofSecond * g * g;
    ofValues += values[i]! * values[i]!;
    ofSteps += stepAt(i) ** 2;
  }
  const ratio = ofValues === 0 || ofSteps === 0 ? 1 : Math.sqrt(ofValues) / Math.sqrt(ofSteps);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! - learningRate * ratio * stepAt(i);
}

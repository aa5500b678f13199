import { checkOptions } from "@snapfit/base";
import { momentChecks, type MomentOptions } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";
import { decayedGradient, slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** Options of {@link adamax}. `learningRate` is 0.002 when left out; `epsilon` is added to the absolute gradient. */
export type AdamaxOptions = MomentOptions;

type Constants = [weightDecay: number, ofFirst: number, beta2: number, epsilon: number, size: number];

/**
 * Adam with a maximum in place of the mean square, as torch.optim.Adamax. Weight decay (default 0) is added to the gradient.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Kingma & Ba 2015, arXiv:1412.6980, section 7.1
 */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  checkOptions("adamax()", options, momentChecks());
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  // g = g + wd p;  m = m + (1 - beta1)(g - m);  u = max(beta2 u, |g| + eps);  p = p - lr / (1 - beta1^step) m / u
  const rule: UpdateRule<Constants> = {
    name: "adamax",
    slotsOf: slotsLikeParameter("firstMoment", "infinityNorm"),
    momentum: beta1,
    kernel: "adamax",
    constants: ({ step, learningRate, weightDecay, momentum }) => [
      weightDecay,
      1 - momentum,
      beta2,
      epsilon,
      learningRate / (1 - momentum ** step),
    ],
    updateArrays([weightDecay, ofFirst, kept, added, size], values, gradient, [first, norm]) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        const g = gradient[i]! + weightDecay * value;
        const newFirst = first![i]! + ofFirst * (g - first![i]!);
        const newNorm = Math.max(kept * norm![i]!, Math.abs(g) + added);
        first![i] = newFirst;
        norm![i] = newNorm;
        values[i] = value - (size * newFirst) / newNorm;
      }
    },
    updateTensors([weightDecay, ofFirst, kept, added, size], values, gradient, [first, norm]) {
      const g = decayedGradient(gradient, values, weightDecay);
      const newFirst = first!.add(g.sub(first!).mul(ofFirst));
      const newNorm = norm!.mul(kept).maximum(g.abs().add(added));
      return [values.sub(newFirst.mul(size).div(newNorm)), newFirst, newNorm];
    },
  };
  return new SlotOptimizer(rule, new ParameterGroups("adamax", options, { learningRate: 0.002, weightDecay: 0 }));
}

import { checkOptions, numberFrom } from "@snapfit/base";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups, rateChecks, type RateOptions } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";
import { decayedGradient, slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** Options of {@link adagrad}. `learningRate` is 0.01 when left out. */
export interface AdagradOptions extends RateOptions {
  /** Divides the rate by 1 + rateDecay x the steps done before, at least 0. @default 0 */
  readonly rateDecay?: number | undefined;
  /** What the sum of the squares starts from, at least 0. @default 0 */
  readonly initialSum?: number | undefined;
  /** Added to the root in the denominator, at least 0. @default 1e-10 */
  readonly epsilon?: number | undefined;
}

type Constants = [learningRate: number, weightDecay: number, added: number, epsilon: number];

/**
 * Adagrad, as torch.optim.Adagrad: rates fall with the sum of the squared gradients. Weight decay (default 0) is added to the gradient.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Duchi et al. 2011, "Adaptive subgradient methods for online learning and stochastic optimization"
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const least = numberFrom(0);
  checkOptions("adagrad()", options, { ...rateChecks(), rateDecay: least, initialSum: least, epsilon: least });
  const { rateDecay = 0, initialSum = 0, epsilon = 1e-10 } = options;
  // g = g + wd p;  s = s + g g;  p = p - lr g / (sqrt(s) + eps)
  const rule: UpdateRule<Constants> = {
    name: "adagrad",
    slotsOf: slotsLikeParameter("sum"),
    kernel: "adagrad",
    constants: ({ step, learningRate, weightDecay }) => [
      learningRate / (1 + (step - 1) * rateDecay),
      weightDecay,
      step === 1 ? initialSum : 0,
      epsilon,
    ],
    updateArrays([learningRate, weightDecay, added, ofRoot], values, gradient, [sum]) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        const g = gradient[i]! + weightDecay * value;
        const newSum = sum![i]! + added + g * g;
        sum![i] = newSum;
        values[i] = value - (learningRate * g) / (Math.sqrt(newSum) + ofRoot);
      }
    },
    updateTensors([learningRate, weightDecay, added, ofRoot], values, gradient, [sum]) {
      const g = decayedGradient(gradient, values, weightDecay);
      const newSum = (added === 0 ? sum! : sum!.add(added)).add(g.mul(g));
      return [values.sub(g.div(newSum.sqrt().add(ofRoot)).mul(learningRate)), newSum];
    },
  };
  return new SlotOptimizer(rule, new ParameterGroups("adagrad", options, { learningRate: 0.01, weightDecay: 0 }));
}

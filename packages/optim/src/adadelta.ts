import { checkOptions, numberFrom } from "@snapfit/base";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups, rateChecks, type RateOptions } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";
import { decayedGradient, slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** Options of {@link adadelta}. `learningRate` is 1 when left out. */
export interface AdadeltaOptions extends RateOptions {
  /** Decay of the means of squared gradients and steps, 0 to 1. @default 0.9 */
  readonly rho?: number | undefined;
  /** Added under both roots, at least 0. @default 1e-6 */
  readonly epsilon?: number | undefined;
}

type Constants = [learningRate: number, weightDecay: number, rho: number, ofSquare: number, epsilon: number];

/**
 * Adadelta, as torch.optim.Adadelta: steps in the units of the parameter. Weight decay (default 0) is added to the gradient.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Zeiler 2012, arXiv:1212.5701
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  checkOptions("adadelta()", options, { ...rateChecks(), rho: numberFrom(0, 1), epsilon: numberFrom(0) });
  const { rho = 0.9, epsilon = 1e-6 } = options;
  // g = g + wd p;  s = rho s + (1 - rho) g g;  d = sqrt(a + eps) / sqrt(s + eps) g;  a = rho a + (1 - rho) d d;  p = p - lr d
  const rule: UpdateRule<Constants> = {
    name: "adadelta",
    slotsOf: slotsLikeParameter("meanSquare", "meanSquaredStep"),
    kernel: "adadelta",
    constants: ({ learningRate, weightDecay }) => [learningRate, weightDecay, rho, 1 - rho, epsilon],
    updateArrays([learningRate, weightDecay, kept, ofSquare, added], values, gradient, [meanSquare, meanStep]) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        const g = gradient[i]! + weightDecay * value;
        const newSquare = kept * meanSquare![i]! + ofSquare * g * g;
        const delta = Math.sqrt((meanStep![i]! + added) / (newSquare + added)) * g;
        meanSquare![i] = newSquare;
        meanStep![i] = kept * meanStep![i]! + ofSquare * delta * delta;
        values[i] = value - learningRate * delta;
      }
    },
    updateTensors([learningRate, weightDecay, kept, ofSquare, added], values, gradient, [meanSquare, meanStep]) {
      const g = decayedGradient(gradient, values, weightDecay);
      const newSquare = meanSquare!.mul(kept).add(g.mul(ofSquare).mul(g));
      const delta = meanStep!.add(added).sqrt().div(newSquare.add(added).sqrt()).mul(g);
      return [values.sub(delta.mul(learningRate)), newSquare, meanStep!.mul(kept).add(delta.mul(ofSquare).mul(delta))];
    },
  };
  return new SlotOptimizer(rule, new ParameterGroups("adadelta", options, { learningRate: 1, weightDecay: 0 }));
}

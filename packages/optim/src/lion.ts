import { checkOptions } from "@snapfit/base";
import { momentChecks, type MomentOptions } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups } from "./parameter-groups.js";
import { SlotOptimizer } from "./slot-optimizer.js";
import { decayConstants, slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** Options of {@link lion}. `learningRate` is 0.0001 when left out; `beta1` weighs the mean in the step, `beta2` (0.99) is its decay. */
export type LionOptions = Omit<MomentOptions, "epsilon">;

type Constants = [kept: number, beta1: number, ofDirection: number, beta2: number, ofMean: number, learningRate: number];

/**
 * Lion: every value moves by the rate, in the direction of the sign of a mean of gradients. Weight decay (default 0) is decoupled.
 * Rates 3 to 10 times smaller than AdamW's and decays as many times larger are usual.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Chen et al. 2023, arXiv:2302.06675, algorithm 2
 */
export function lion(options: LionOptions = {}): Optimizer {
  const { epsilon: _, ...checks } = momentChecks();
  checkOptions("lion()", options, checks);
  const { beta1 = 0.9, beta2 = 0.99 } = options;
  // p = p - lr wd p - lr sign(beta1 m + (1 - beta1) g);  m = beta2 m + (1 - beta2) g
  const rule: UpdateRule<Constants> = {
    name: "lion",
    slotsOf: slotsLikeParameter("mean"),
    momentum: beta1,
    kernel: "lion",
    constants(moment) {
      const [, kept] = decayConstants(moment, true);
      return [kept, moment.momentum, 1 - moment.momentum, beta2, 1 - beta2, moment.learningRate];
    },
    updateArrays([kept, ofOld, ofNew, decay, ofMean, learningRate], values, gradient, [mean]) {
      for (let i = 0; i < values.length; i++) {
        const direction = Math.sign(ofOld * mean![i]! + ofNew * gradient[i]!);
        mean![i] = decay * mean![i]! + ofMean * gradient[i]!;
        values[i] = Math.fround(kept * values[i]!) - learningRate * direction;
      }
    },
    updateTensors([kept, ofOld, ofNew, decay, ofMean, learningRate], values, gradient, [mean]) {
      const direction = mean!.mul(ofOld).add(gradient.mul(ofNew)).sign();
      const shrunk = kept === 1 ? values : values.mul(kept);
      return [shrunk.sub(direction.mul(learningRate)), mean!.mul(decay).add(gradient.mul(ofMean))];
    },
  };
  return new SlotOptimizer(rule, new ParameterGroups("lion", options, { learningRate: 1e-4, weightDecay: 0 }));
}

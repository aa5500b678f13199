import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Changes the weights by rank. */
const SplitRanks = defineAddOn({
  name: "SplitRanks",
  apply(Base: AddOnBase): Adds {
    abstract class SplitRanksTrainer extends Base {
      protected override async unscaleGradients(gradients: Gradients): Promise<Gradients | null> {
        const own = await super.unscaleGradients(gradients);
        return own && new Map([...own].map(([path, gradient]) => [path, tf.div(gradient, 1 + this.processGroup.rank)]));
      }
    }
    return SplitRanksTrainer;
  },
});

export const splitRanks: BrokenAddOn = {
  addOn: SplitRanks,
  settings: { changesLoss: true },
  check: "runs on two ranks, and touches the world on one",
  sentence:
    /leaves the ranks with different states, at weights.*\. What differs by rank stands under perRank; all else is decided together\./,
};

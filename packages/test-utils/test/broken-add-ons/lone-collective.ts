import { defineAddOn, type AddOnBase, type Adds, type TrainEpochMetrics } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Calls the others from one rank only. */
const LoneCollective = defineAddOn({
  name: "LoneCollective",
  apply(Base: AddOnBase): Adds {
    abstract class LoneCollectiveTrainer extends Base {
      protected override async onTrainEpochEnd(metrics: TrainEpochMetrics): Promise<void> {
        if (this.processGroup.rank === 0) await this.processGroup.broadcast(metrics);
        await super.onTrainEpochEnd(metrics);
      }
    }
    return LoneCollectiveTrainer;
  },
});

export const loneCollective: BrokenAddOn = {
  addOn: LoneCollective,
  check: "runs on two ranks, and touches the world on one",
  sentence: /fails on two ranks: .*rank \d called .*, but rank \d called .*All ranks make the same calls in the same order\./,
};

import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Leaves tensors behind on ranks beyond the first. */
const RankLeak = defineAddOn({
  name: "RankLeak",
  apply(Base: AddOnBase): Adds {
    abstract class RankLeakTrainer extends Base {
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        if (this.processGroup.rank > 0) tf.keep(tf.scalar(1));
      }
    }
    return RankLeakTrainer;
  },
});

export const rankLeak: BrokenAddOn = {
  addOn: RankLeak,
  check: "runs on two ranks, and touches the world on one",
  sentence: "leaves 2 tensors and 8 bytes behind on two ranks.",
};

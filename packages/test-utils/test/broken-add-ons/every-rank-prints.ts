import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Prints the same line on every rank. */
const EveryRankPrints = defineAddOn({
  name: "EveryRankPrints",
  apply(Base: AddOnBase): Adds {
    abstract class EveryRankPrintsTrainer extends Base {
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        this.logger.warning("here we go");
      }
    }
    return EveryRankPrintsTrainer;
  },
});

export const everyRankPrints: BrokenAddOn = {
  addOn: EveryRankPrints,
  check: "runs on two ranks, and touches the world on one",
  sentence: 'prints "here we go" on rank 1: lines belong to rank 0. Ask this.processGroup.rank first.',
};

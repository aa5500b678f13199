import { defineAddOn, type AddOnBase, type Adds, type TrainEpochMetrics } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Writes into the history, which is the core's. */
const ChangedHistory = defineAddOn({
  name: "ChangedHistory",
  apply(Base: AddOnBase): Adds {
    abstract class ChangedHistoryTrainer extends Base {
      protected override async onTrainEpochEnd(metrics: TrainEpochMetrics): Promise<void> {
        (this.history.train["loss"] as number[]).push(0);
        await super.onTrainEpochEnd(metrics);
      }
    }
    return ChangedHistoryTrainer;
  },
});

export const changedHistory: BrokenAddOn = {
  addOn: ChangedHistory,
  check: "changes no loss that it should not change",
  sentence: /changes the history: history\.train\.\w+ has \d values after 3 epochs\. Only the core writes it\./,
};

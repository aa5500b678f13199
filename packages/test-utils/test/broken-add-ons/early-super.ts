import { defineAddOn, type AddOnBase, type Adds, type TrainEpochMetrics } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Logs after the hooks below it have had their say. */
const EarlySuper = defineAddOn({
  name: "EarlySuper",
  apply(Base: AddOnBase): Adds {
    abstract class EarlySuperTrainer extends Base {
      protected override async onTrainEpochEnd(metrics: TrainEpochMetrics): Promise<void> {
        await super.onTrainEpochEnd(metrics);
        this.log("lastLoss", Number(metrics["loss"]));
      }
    }
    return EarlySuperTrainer;
  },
});

export const earlySuper: BrokenAddOn = {
  addOn: EarlySuper,
  check: "calls super once, and where it belongs",
  sentence: "called log() after super.onTrainEpochEnd() in onTrainEpochEnd: super stands last there.",
};

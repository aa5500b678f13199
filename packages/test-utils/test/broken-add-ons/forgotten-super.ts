import { defineAddOn, type AddOnBase, type Adds, type TrainEpochMetrics } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Forgets `super`: no other add-on hears of the end of an epoch. */
const ForgottenSuper = defineAddOn({
  name: "ForgottenSuper",
  apply(Base: AddOnBase): Adds {
    abstract class ForgottenSuperTrainer extends Base {
      protected override async onTrainEpochEnd(metrics: TrainEpochMetrics): Promise<void> {
        this.log("lastLoss", Number(metrics["loss"]));
      }
    }
    return ForgottenSuperTrainer;
  },
});

export const forgottenSuper: BrokenAddOn = {
  addOn: ForgottenSuper,
  check: "calls super once, and where it belongs",
  sentence: "never calls super.onTrainEpochEnd() in onTrainEpochEnd: what is below it, other add-ons and the user's class, does not run.",
};

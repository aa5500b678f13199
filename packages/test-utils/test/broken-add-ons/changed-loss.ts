import { defineAddOn, type AddOnBase, type Adds, type StepResult } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Doubles the loss without saying so. */
const ChangedLoss = defineAddOn({
  name: "ChangedLoss",
  apply(Base: AddOnBase): Adds {
    abstract class ChangedLossTrainer extends Base {
      protected override computeLoss(batch: unknown, index: number): StepResult {
        const result = super.computeLoss(batch, index);
        return result.loss === undefined ? result : ({ ...result, loss: tf.mul(result.loss, 2) } as StepResult);
      }
    }
    return ChangedLossTrainer;
  },
});

export const changedLoss: BrokenAddOn = {
  addOn: ChangedLoss,
  check: "changes no loss that it should not change",
  sentence: /changes the training: loss of epoch 1 is [\d.]+ instead of [\d.]+\. If it should, say changesLoss\./,
};

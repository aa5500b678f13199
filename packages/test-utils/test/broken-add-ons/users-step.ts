import { defineAddOn, type AddOnBase, type Adds, type StepResult } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Overrides what is the user's. */
const UsersStep = defineAddOn({
  name: "UsersStep",
  apply(Base: AddOnBase): Adds {
    abstract class UsersStepTrainer extends Base {
      protected override testStep(batch: unknown, index: number): StepResult {
        return super.testStep(batch, index);
      }
    }
    return UsersStepTrainer;
  },
});

export const usersStep: BrokenAddOn = {
  addOn: UsersStep,
  check: "calls super once, and where it belongs",
  sentence: "overrides testStep, which is the user's: in a class that extends the add-on's result, the user's own takes its place.",
};

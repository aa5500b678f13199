import { defineAddOn, type AddOnBase, type Adds, type Window } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Trains on each window twice. */
const DoubleSuper = defineAddOn({
  name: "DoubleSuper",
  apply(Base: AddOnBase): Adds {
    abstract class DoubleSuperTrainer extends Base {
      protected override async runStep(window: Window): Promise<void> {
        await super.runStep(window);
        await super.runStep(window);
      }
    }
    return DoubleSuperTrainer;
  },
});

export const doubleSuper: BrokenAddOn = {
  addOn: DoubleSuper,
  check: "calls super once, and where it belongs",
  sentence: "calls super.runStep() 2 times in runStep",
};

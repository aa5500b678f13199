import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Can be used for one fit only, and does not reset itself when that fit fails. */
const SpentTrainer = defineAddOn({
  name: "SpentTrainer",
  apply(Base: AddOnBase): Adds {
    abstract class SpentTrainerTrainer extends Base {
      #isRunning = false;
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        if (this.#isRunning) throw new Error("A fit is running already.");
        this.#isRunning = true;
      }
      protected override async onFitEnd(reason: string): Promise<void> {
        this.#isRunning = false;
        await super.onFitEnd(reason);
      }
    }
    return SpentTrainerTrainer;
  },
});

export const spentTrainer: BrokenAddOn = {
  addOn: SpentTrainer,
  check: "survives a throw in runStep",
  sentence: "cannot be used again after an error thrown in runStep, below it: A fit is running already.",
};

import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Prints past the trainer. */
const BarePrint = defineAddOn({
  name: "BarePrint",
  apply(Base: AddOnBase): Adds {
    abstract class BarePrintTrainer extends Base {
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        console.log("here we go");
      }
    }
    return BarePrintTrainer;
  },
});

export const barePrint: BrokenAddOn = {
  addOn: BarePrint,
  check: "runs alone, and repeats",
  sentence: 'prints "here we go" past the trainer\'s logger. Use this.logger',
};

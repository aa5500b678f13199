import type { StateRecord } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds, type Window } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Draws a random number whenever its state is saved. */
const ImpureSave = defineAddOn({
  name: "ImpureSave",
  apply(Base: AddOnBase): Adds {
    abstract class ImpureSaveTrainer extends Base {
      protected override async runStep(window: Window): Promise<void> {
        this.randomStream("noise").uniform();
        await super.runStep(window);
      }
      override async saveState(): Promise<StateRecord> {
        const state = await super.saveState();
        this.randomStream("noise").uniform();
        return state;
      }
    }
    return ImpureSaveTrainer;
  },
});

export const impureSave: BrokenAddOn = {
  addOn: ImpureSave,
  check: "resumes from its state bit for bit",
  sentence: /changes the run when its state is saved: it ends with other bits at perRank\[0\]\.streams\.noise\.counter\./,
};

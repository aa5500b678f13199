import type { StateRecord } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Returns its own state instead of adding it. */
const LostState = defineAddOn({
  name: "LostState",
  apply(Base: AddOnBase): Adds {
    abstract class LostStateTrainer extends Base {
      override async saveState(): Promise<StateRecord> {
        const { best: _, ...rest } = await super.saveState();
        return { ...rest, lostState: 1 };
      }
    }
    return LostStateTrainer;
  },
});

export const lostState: BrokenAddOn = {
  addOn: LostState,
  check: "keeps its state under its own name",
  sentence: 'loses "best" from the state. saveState() returns { ...(await super.saveState()), lostState: … }.',
};

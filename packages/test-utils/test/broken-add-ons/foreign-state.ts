import type { StateRecord } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Keeps its state under the name of another add-on. */
const ForeignState = defineAddOn({
  name: "ForeignState",
  apply(Base: AddOnBase): Adds {
    abstract class ForeignStateTrainer extends Base {
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), toyEma: { averages: null } };
      }
    }
    return ForeignStateTrainer;
  },
});

export const foreignState: BrokenAddOn = {
  addOn: ForeignState,
  check: "keeps its state under its own name",
  sentence: 'puts "toyEma" into the state. Its entry stands under its own name, "foreignState".',
};

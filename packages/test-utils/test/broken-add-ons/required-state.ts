import type { StateRecord } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Cannot begin with a run that was made without it. */
const RequiredState = defineAddOn({
  name: "RequiredState",
  apply(Base: AddOnBase): Adds {
    abstract class RequiredStateTrainer extends Base {
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), requiredState: { count: 1 } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        if (typeof (state["requiredState"] as { readonly count: number }).count !== "number") throw new Error("The count is missing.");
      }
    }
    return RequiredStateTrainer;
  },
});

export const requiredState: BrokenAddOn = {
  addOn: RequiredState,
  check: "keeps its state under its own name",
  sentence: /fails when the state it goes on from has no entry of it: Cannot read properties of undefined/,
};

import type { StateRecord } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Puts an object of its own class into the state. */
const LiveState = defineAddOn({
  name: "LiveState",
  apply(Base: AddOnBase): Adds {
    abstract class LiveStateTrainer extends Base {
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), liveState: { since: new Date(0) } as unknown as StateRecord };
      }
    }
    return LiveStateTrainer;
  },
});

export const liveState: BrokenAddOn = {
  addOn: LiveState,
  check: "resumes from its state bit for bit",
  sentence: "has a state that cannot be written: State cannot be written: liveState.since is a Date.",
};

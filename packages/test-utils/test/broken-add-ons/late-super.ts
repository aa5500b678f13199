import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Registers its cleanup before those below it, so that it would run after theirs. */
const LateSuper = defineAddOn({
  name: "LateSuper",
  apply(Base: AddOnBase): Adds {
    abstract class LateSuperTrainer extends Base {
      protected override async setup(): Promise<void> {
        this.defer(() => undefined);
        await super.setup();
      }
    }
    return LateSuperTrainer;
  },
});

export const lateSuper: BrokenAddOn = {
  addOn: LateSuper,
  check: "calls super once, and where it belongs",
  sentence: "called defer() before super.setup() in setup: super stands first there.",
};

import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Captures the console, and does not give it back. */
const LeftPatch = defineAddOn({
  name: "LeftPatch",
  apply(Base: AddOnBase): Adds {
    abstract class LeftPatchTrainer extends Base {
      protected override async setup(): Promise<void> {
        await super.setup();
        const { log } = console;
        console.log = (...args: unknown[]) => log("captured", ...args);
      }
    }
    return LeftPatchTrainer;
  },
});

export const leftPatch: BrokenAddOn = {
  addOn: LeftPatch,
  check: "leaves no tensor, timer or listener",
  sentence: "leaves another console.log() behind after close().",
};

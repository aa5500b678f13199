import { defineAddOn, type AddOnBase, type Adds, type Window } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Tells the caller something else than what happened. */
const ReplacedError = defineAddOn({
  name: "ReplacedError",
  apply(Base: AddOnBase): Adds {
    abstract class ReplacedErrorTrainer extends Base {
      protected override async runStep(window: Window): Promise<void> {
        try {
          await super.runStep(window);
        } catch {
          throw new Error("The step failed.");
        }
      }
    }
    return ReplacedErrorTrainer;
  },
});

export const replacedError: BrokenAddOn = {
  addOn: ReplacedError,
  check: "survives a throw in scaleLoss",
  sentence: 'replaces an error thrown in scaleLoss, below it, by "The step failed.". Errors go to the caller unchanged.',
};

import { defineAddOn, type AddOnBase, type Adds, type Window } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Releases what a step needs, unless the step throws. */
const LeftAfterThrow = defineAddOn({
  name: "LeftAfterThrow",
  apply(Base: AddOnBase): Adds {
    abstract class LeftAfterThrowTrainer extends Base {
      protected override async runStep(window: Window): Promise<void> {
        const scratch = tf.keep(tf.zeros([10]));
        await super.runStep(window);
        scratch.dispose();
      }
    }
    return LeftAfterThrowTrainer;
  },
});

export const leftAfterThrow: BrokenAddOn = {
  addOn: LeftAfterThrow,
  check: "survives a throw in applyGradients",
  sentence:
    "leaves 1 tensor and 40 bytes behind after a throw in applyGradients, below it, and close(). Release them in a finally block, or by this.defer().",
};

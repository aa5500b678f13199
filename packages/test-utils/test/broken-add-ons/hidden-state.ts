import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Makes each step smaller than the last one, and forgets on a resume how many there were. */
const HiddenState = defineAddOn({
  name: "HiddenState",
  apply(Base: AddOnBase): Adds {
    abstract class HiddenStateTrainer extends Base {
      #numSteps = 0;
      protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
        const own = await super.reduceGradients(gradients);
        const factor = 1 / (1 + this.#numSteps++);
        return new Map([...own].map(([path, gradient]) => [path, tf.mul(gradient, factor)]));
      }
    }
    return HiddenStateTrainer;
  },
});

export const hiddenState: BrokenAddOn = {
  addOn: HiddenState,
  settings: { changesLoss: true },
  check: "resumes from its state bit for bit",
  sentence:
    /does not resume exactly: from the state of step 1 it ends with .* at .*\. It keeps something that saveState\(\) does not return, or loadState\(\) does not take up\./,
};

import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Changes the gradients before those below it have seen them. */
const ChangedArgument = defineAddOn({
  name: "ChangedArgument",
  apply(Base: AddOnBase): Adds {
    abstract class ChangedArgumentTrainer extends Base {
      protected override async unscaleGradients(gradients: Gradients): Promise<Gradients | null> {
        return super.unscaleGradients(new Map([...gradients].map(([path, gradient]) => [path, tf.clone(gradient)])));
      }
    }
    return ChangedArgumentTrainer;
  },
});

export const changedArgument: BrokenAddOn = {
  addOn: ChangedArgument,
  check: "calls super once, and where it belongs",
  sentence: "made tensors before super.unscaleGradients() in unscaleGradients: super stands first there.",
};

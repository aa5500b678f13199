import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Takes its random numbers from nowhere. */
const Unseeded = defineAddOn({
  name: "Unseeded",
  apply(Base: AddOnBase): Adds {
    abstract class UnseededTrainer extends Base {
      protected override async unscaleGradients(gradients: Gradients): Promise<Gradients | null> {
        const own = await super.unscaleGradients(gradients);
        return own && new Map([...own].map(([path, gradient]) => [path, tf.mul(gradient, Math.random())]));
      }
    }
    return UnseededTrainer;
  },
});

export const unseeded: BrokenAddOn = {
  addOn: Unseeded,
  settings: { changesLoss: true },
  check: "runs alone, and repeats",
  sentence:
    /does not repeat: two runs with one seed end with different bits at .*\. Take random numbers from this\.randomStream\(name\), and keep nothing outside of the trainer\./,
};

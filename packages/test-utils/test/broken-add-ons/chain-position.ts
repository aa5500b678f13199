import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Does something else when it is not alone. */
const ChainPosition = defineAddOn({
  name: "ChainPosition",
  apply(Base: AddOnBase): Adds {
    abstract class ChainPositionTrainer extends Base {
      protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
        const own = await super.reduceGradients(gradients);
        const { length } = (this.constructor as unknown as { readonly addOns: readonly unknown[] }).addOns;
        return new Map([...own].map(([path, gradient]) => [path, tf.div(gradient, length)]));
      }
    }
    return ChainPositionTrainer;
  },
});

export const chainPosition: BrokenAddOn = {
  addOn: ChainPosition,
  settings: { changesLoss: true },
  check: "stands beside add-ons that do nothing, in every order",
  sentence: "when add-ons that do nothing stand inside and outside of it. It must not depend on what is below it in the class chain.",
};

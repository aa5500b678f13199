import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

let numCalls = 0;

/** Counts how often `apply` is called: that depends on how the user wrote `addOn()`. */
const ArgumentOrder = defineAddOn({
  name: "ArgumentOrder",
  apply(Base: AddOnBase): Adds {
    const factor = 1 + 0.1 * (numCalls++ % 5);
    abstract class ArgumentOrderTrainer extends Base {
      readonly #factor = factor;
      protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
        const own = await super.reduceGradients(gradients);
        return new Map([...own].map(([path, gradient]) => [path, tf.mul(gradient, this.#factor)]));
      }
    }
    return ArgumentOrderTrainer;
  },
});

export const argumentOrder: BrokenAddOn = {
  addOn: ArgumentOrder,
  settings: { changesLoss: true },
  check: "stands beside add-ons that do nothing, in every order",
  sentence:
    "depends on the order of the arguments of addOn(): addOn(ArgumentOrder, AaBystander, ZzBystander) and addOn(ZzBystander, AaBystander, ArgumentOrder) end with different bits at",
};

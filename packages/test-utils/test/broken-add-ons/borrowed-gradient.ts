import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import type * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Gives the loop a weight of the model as a gradient, to be disposed. */
const BorrowedGradient = defineAddOn({
  name: "BorrowedGradient",
  apply(Base: AddOnBase): Adds {
    abstract class BorrowedGradientTrainer extends Base {
      protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
        const own = await super.reduceGradients(gradients);
        const variables = (this.model as tf.LayersModel).weights.map((weight) => weight.read());
        return new Map([...own].map(([path], i) => [path, variables[i]!]));
      }
    }
    return BorrowedGradientTrainer;
  },
});

export const borrowedGradient: BrokenAddOn = {
  addOn: BorrowedGradient,
  settings: { changesLoss: true },
  check: "leaves to the loop what is the loop's",
  sentence:
    /returns a tensor of the batch or of the model as the gradient of "layers\.0\.kernel" from reduceGradients: the loop would dispose it\. Return a clone\./,
};

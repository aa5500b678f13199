import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Returns fewer gradients than it got. */
const LostGradient = defineAddOn({
  name: "LostGradient",
  apply(Base: AddOnBase): Adds {
    abstract class LostGradientTrainer extends Base {
      protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
        const own = await super.reduceGradients(gradients);
        return new Map([...own].slice(1));
      }
    }
    return LostGradientTrainer;
  },
});

export const lostGradient: BrokenAddOn = {
  addOn: LostGradient,
  settings: { changesLoss: true },
  check: "leaves to the loop what is the loop's",
  sentence: /returns no gradient of "layers\.0\.kernel" from reduceGradients\. A transform returns one for each name that it got\./,
};

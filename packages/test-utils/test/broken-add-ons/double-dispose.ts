import { defineAddOn, type AddOnBase, type Adds, type Gradients } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Disposes the gradients that the loop disposes. */
const DoubleDispose = defineAddOn({
  name: "DoubleDispose",
  apply(Base: AddOnBase): Adds {
    abstract class DoubleDisposeTrainer extends Base {
      protected override clipGradients(gradients: Gradients): Gradients {
        const own = super.clipGradients(gradients);
        const doubled = new Map([...own].map(([path, gradient]) => [path, tf.mul(gradient, 2)]));
        for (const gradient of [...gradients.values(), ...own.values()]) gradient.dispose();
        return doubled;
      }
    }
    return DoubleDisposeTrainer;
  },
});

export const doubleDispose: BrokenAddOn = {
  addOn: DoubleDispose,
  settings: { changesLoss: true },
  check: "leaves to the loop what is the loop's",
  sentence:
    /disposes "layers\.0\.kernel" in clipGradients: it belongs to the loop, which disposes what it handed out and did not get back\./,
};

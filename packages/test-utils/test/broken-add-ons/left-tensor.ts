import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Does not dispose at the end what it made at the beginning. */
const LeftTensor = defineAddOn({
  name: "LeftTensor",
  apply(Base: AddOnBase): Adds {
    abstract class LeftTensorTrainer extends Base {
      protected override async setup(): Promise<void> {
        await super.setup();
        tf.keep(tf.zeros([10]));
      }
    }
    return LeftTensorTrainer;
  },
});

export const leftTensor: BrokenAddOn = {
  addOn: LeftTensor,
  check: "leaves no tensor, timer or listener",
  sentence: "leaves 1 tensor and 40 bytes behind after close(). Dispose them by this.defer() in setup().",
};

import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Keeps a tensor of each batch. */
const TensorLeak = defineAddOn({
  name: "TensorLeak",
  apply(Base: AddOnBase): Adds {
    abstract class TensorLeakTrainer extends Base {
      protected override async onTrainBatchStart(batch: unknown, index: number): Promise<void> {
        await super.onTrainBatchStart(batch, index);
        tf.keep(tf.scalar(index));
      }
    }
    return TensorLeakTrainer;
  },
});

export const tensorLeak: BrokenAddOn = {
  addOn: TensorLeak,
  check: "leaves no tensor, timer or listener",
  sentence: "holds 6 more tensors after each epoch, and leaves 18 tensors and 72 bytes behind after close().",
};

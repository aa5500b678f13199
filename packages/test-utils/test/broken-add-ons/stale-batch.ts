import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Hands out a tensor of the batch before, which the loop has disposed. */
const StaleBatch = defineAddOn({
  name: "StaleBatch",
  apply(Base: AddOnBase): Adds {
    abstract class StaleBatchTrainer extends Base {
      #before: unknown;
      protected override transformBatch(batch: unknown): unknown {
        const own = super.transformBatch(batch);
        const before = this.#before;
        this.#before = own;
        return before ?? own;
      }
    }
    return StaleBatchTrainer;
  },
});

export const staleBatch: BrokenAddOn = {
  addOn: StaleBatch,
  settings: { changesLoss: true },
  check: "leaves to the loop what is the loop's",
  sentence: 'returns "x" from transformBatch after it was disposed. Make a tensor of its own, and leave its disposal to the loop.',
};

import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Its log sink throws; the core goes on without it. */
const FailingSink = defineAddOn({
  name: "FailingSink",
  apply(Base: AddOnBase): Adds {
    abstract class FailingSinkTrainer extends Base {
      protected override async setup(): Promise<void> {
        await super.setup();
        this.addLogSink({ name: "FailingSink", write: () => Promise.reject(new Error("disk full")) });
      }
    }
    return FailingSinkTrainer;
  },
});

export const failingSink: BrokenAddOn = {
  addOn: FailingSink,
  check: "runs alone, and repeats",
  sentence: 'has a log sink that throws: Logger "FailingSink" failed: disk full.',
};

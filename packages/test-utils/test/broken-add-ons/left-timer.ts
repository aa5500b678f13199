import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Never stops its timer. */
const LeftTimer = defineAddOn({
  name: "LeftTimer",
  apply(Base: AddOnBase): Adds {
    abstract class LeftTimerTrainer extends Base {
      protected override async setup(): Promise<void> {
        await super.setup();
        const timer = setInterval(() => undefined, 60_000);
        timer.unref();
      }
    }
    return LeftTimerTrainer;
  },
});

export const leftTimer: BrokenAddOn = {
  addOn: LeftTimer,
  check: "leaves no tensor, timer or listener",
  sentence: "leaves a running setInterval() of 60000 ms behind after close(). End it by this.defer() in setup().",
};

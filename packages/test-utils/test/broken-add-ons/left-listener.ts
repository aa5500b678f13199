import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

const ignore = (): void => undefined;

/** Goes on listening to the process. */
const LeftListener = defineAddOn({
  name: "LeftListener",
  apply(Base: AddOnBase): Adds {
    abstract class LeftListenerTrainer extends Base {
      protected override async setup(): Promise<void> {
        await super.setup();
        process.on("SIGUSR2", ignore);
      }
    }
    return LeftListenerTrainer;
  },
});

export const leftListener: BrokenAddOn = {
  addOn: LeftListener,
  check: "leaves no tensor, timer or listener",
  sentence: 'leaves a listener of the process event "SIGUSR2" behind after close().',
};

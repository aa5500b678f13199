import { defineAddOn, type AddOnBase, type Adds, type SavePointKind } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Does not wait for the others before it goes on. */
const UnawaitedSuper = defineAddOn({
  name: "UnawaitedSuper",
  apply(Base: AddOnBase): Adds {
    abstract class UnawaitedSuperTrainer extends Base {
      protected override savePoint(kind: SavePointKind): void {
        void super.savePoint(kind);
      }
    }
    return UnawaitedSuperTrainer;
  },
});

export const unawaitedSuper: BrokenAddOn = {
  addOn: UnawaitedSuper,
  check: "calls super once, and where it belongs",
  sentence: "does not wait for super.savePoint() in savePoint: return it, or await it.",
};

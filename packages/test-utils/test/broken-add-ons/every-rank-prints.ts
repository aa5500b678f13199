import { defineAddOn, type AddOnBase, type Adds, type Logger } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Prints the same line on every rank, past the trainer's logger. */
const EveryRankPrints = defineAddOn({
  name: "EveryRankPrints",
  apply(Base: AddOnBase): Adds {
    abstract class EveryRankPrintsTrainer extends Base {
      readonly #logger: Logger | undefined;

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        super(options);
        this.#logger = options.logger;
      }
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        this.#logger?.info("here we go");
      }
    }
    return EveryRankPrintsTrainer;
  },
});

export const everyRankPrints: BrokenAddOn = {
  addOn: EveryRankPrints,
  check: "runs on two ranks, and touches the world on one",
  sentence: 'prints "here we go" on rank 1: lines belong to rank 0. Use this.logger, which is silent on the others.',
};

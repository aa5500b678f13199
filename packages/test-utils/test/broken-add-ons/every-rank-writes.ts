import type { Storage } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Writes the same file on every rank. */
const EveryRankWrites = defineAddOn({
  name: "EveryRankWrites",
  apply(Base: AddOnBase<{ readonly everyRankWrites: { readonly storage: Storage } }>): Adds {
    abstract class EveryRankWritesTrainer extends Base {
      readonly #storage: Storage;

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        super(options);
        this.#storage = options.everyRankWrites.storage;
      }
      protected override async setup(): Promise<void> {
        await super.setup();
        this.addLogSink({
          name: "EveryRankWrites",
          write: (record) => this.#storage.append("log.jsonl", new TextEncoder().encode(JSON.stringify(record))),
        });
      }
    }
    return EveryRankWritesTrainer;
  },
});

export const everyRankWrites: BrokenAddOn = {
  addOn: EveryRankWrites,
  settings: { options: ({ storage }) => ({ everyRankWrites: { storage } }) },
  check: "runs on two ranks, and touches the world on one",
  sentence: "appended to log.jsonl on rank 1: files and connections belong to rank 0. Ask this.processGroup.rank first.",
};

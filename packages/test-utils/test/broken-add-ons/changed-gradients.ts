import { defineAddOn, type AddOnBase, type Adds, type Weights } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

function halved(weights: Weights): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([path, weight]) => [
      path,
      { ...weight, data: Float32Array.from(weight.data, (value) => value / 2) } as Weights[string],
    ]),
  );
}

/** Says that it changes validations only, and scales the gradients. */
const ChangedGradients = defineAddOn({
  name: "ChangedGradients",
  apply(Base: AddOnBase): Adds {
    abstract class ChangedGradientsTrainer extends Base {
      protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
        if (this.progress.step === 9) await this.setModelWeights(halved(await this.modelWeights()));
        await super.onOptimizerStep(step);
      }
    }
    return ChangedGradientsTrainer;
  },
});

export const changedGradients: BrokenAddOn = {
  addOn: ChangedGradients,
  settings: { changesLoss: "validation" },
  check: "changes no loss that it should not change",
  sentence: /changes the weights: at .* the run ends with .* instead of .*\. If it should, say changesLoss\./,
};

import { defineAddOn, type AddOnBase, type Adds, type EpochMetrics, type EvaluationPhase, type Weights } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

function halved(weights: Weights): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([path, weight]) => [
      path,
      { ...weight, data: Float32Array.from(weight.data, (value) => value / 2) } as Weights[string],
    ]),
  );
}

/** Swaps weights by hand, and does not put them back when the evaluation throws. */
const LeftWeights = defineAddOn({
  name: "LeftWeights",
  apply(Base: AddOnBase): Adds {
    abstract class LeftWeightsTrainer extends Base {
      protected override async runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
        const raw = await this.modelWeights();
        await this.setModelWeights(halved(raw));
        const metrics = await super.runEvaluation(phase);
        await this.setModelWeights(raw);
        return metrics;
      }
    }
    return LeftWeightsTrainer;
  },
});

export const leftWeights: BrokenAddOn = {
  addOn: LeftWeights,
  settings: { changesLoss: true },
  check: "survives a throw in onValidationBatchEnd",
  sentence:
    /leaves other weights in the model after an error thrown in onValidationBatchEnd, below it: they differ at .*\. Swap them by this\.withWeights\(\), which puts them back\./,
};

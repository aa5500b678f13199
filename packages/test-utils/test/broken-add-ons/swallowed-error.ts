import { defineAddOn, type AddOnBase, type Adds, type EpochMetrics, type EvaluationPhase } from "@snapfit/core";
import type { BrokenAddOn } from "./broken-add-on.js";

/** Goes on without a validation that failed. */
const SwallowedError = defineAddOn({
  name: "SwallowedError",
  apply(Base: AddOnBase): Adds {
    abstract class SwallowedErrorTrainer extends Base {
      protected override async runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
        try {
          return await super.runEvaluation(phase);
        } catch {
          return {};
        }
      }
    }
    return SwallowedErrorTrainer;
  },
});

export const swallowedError: BrokenAddOn = {
  addOn: SwallowedError,
  check: "survives a throw in validationStep",
  sentence: "swallows an error thrown in validationStep, below it. Errors go to the caller unchanged.",
};

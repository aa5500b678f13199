import type { StateRecord } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds, type EpochMetrics, type EvaluationPhase, type Weights } from "@snapfit/core";

/** Options of {@link ToyEma}. */
export interface ToyEmaOptions {
  readonly toyEma?: { /** Share of the old average in the new one. @default 0.8 */ readonly decay?: number };
}

/** What {@link ToyEma} adds. */
export interface ToyEmaMembers {
  readonly toyEma: { /** The averages; undefined before the first step. */ readonly averages: Weights | undefined };
}

/** An average of the weights after every step, in the model during evaluations and in the best state: average = decay * average + (1 - decay) * weights. */
export const ToyEma = defineAddOn({
  name: "ToyEma",
  apply(Base: AddOnBase<ToyEmaOptions>): Adds<ToyEmaMembers> {
    abstract class ToyEmaTrainer extends Base implements ToyEmaMembers {
      readonly #decay: number;
      #averages: Weights | undefined;

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        super(options);
        this.#decay = options.toyEma?.decay ?? 0.8;
      }

      get toyEma(): ToyEmaMembers["toyEma"] {
        return { averages: this.#averages };
      }

      protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
        if (!step.skipped) this.#averages = averaged(this.#averages, await this.modelWeights(), this.#decay);
        await super.onOptimizerStep(step);
      }
      protected override async runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
        return this.#averages ? this.withWeights(this.#averages, () => super.runEvaluation(phase)) : super.runEvaluation(phase);
      }
      protected override async modelStateForUse(): Promise<Weights> {
        return this.#averages ?? super.modelStateForUse();
      }
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), toyEma: { averages: this.#averages ?? null } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        const own = state["toyEma"] as { readonly averages: Weights | null } | undefined;
        this.#averages = own?.averages ?? undefined;
      }
    }
    return ToyEmaTrainer;
  },
});

function averaged(before: Weights | undefined, weights: Weights, decay: number): Weights {
  if (before === undefined) return weights;
  return Object.fromEntries(
    Object.entries(weights).map(([path, weight]) => {
      const data = Float32Array.from(weight.data, (value, i) => decay * before[path]!.data[i]! + (1 - decay) * value);
      return [path, { ...weight, data } as Weights[string]];
    }),
  );
}

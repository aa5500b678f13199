import {
  defineAddOn,
  type AnyAddOn,
  type EpochMetrics,
  type EvaluationPhase,
  type Gradients,
  type LogRecord,
  type SavePointKind,
  type StepResult,
  type Window,
} from "@snapfit/core";
import type { AddOnBase, Adds } from "@snapfit/core";

/** An add-on that overrides methods of every sort and does nothing but to wait for `super`. */
export function bystander(name: string): AnyAddOn {
  return defineAddOn({
    name,
    apply(Base: AddOnBase): Adds {
      abstract class Bystander extends Base {
        protected override async setup(): Promise<void> {
          await super.setup();
        }
        protected override async runStep(window: Window): Promise<void> {
          await super.runStep(window);
        }
        protected override async computeGradients(window: Window): Promise<Gradients | undefined> {
          return super.computeGradients(window);
        }
        protected override computeLoss(batch: unknown, index: number): StepResult {
          return super.computeLoss(batch, index);
        }
        protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
          return super.reduceGradients(gradients);
        }
        protected override async unscaleGradients(gradients: Gradients): Promise<Gradients | null> {
          return super.unscaleGradients(gradients);
        }
        protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
          await super.onOptimizerStep(step);
        }
        protected override async onLog(record: LogRecord): Promise<LogRecord | undefined> {
          return super.onLog(record);
        }
        protected override async runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
          return super.runEvaluation(phase);
        }
        protected override async savePoint(kind: SavePointKind): Promise<void> {
          await super.savePoint(kind);
        }
      }
      return Bystander;
    },
  });
}

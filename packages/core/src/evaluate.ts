import type * as tf from "@tensorflow/tfjs";
import type { BatchSource, HostForm } from "./batch.js";
import type { EpochMetrics } from "./callbacks.js";
import type { Metrics } from "./metric-set.js";
import type { Model } from "./model.js";
import { Trainer } from "./trainer.js";
import type { StepResult } from "./step-result.js";

/** Options of {@link evaluate}. */
export interface EvaluateOptions<Batch> {
  /** What to compute for a batch: scalars to average, and `outputs` for metrics. `forward` is the model in inference mode. */
  readonly step: (batch: Batch, forward: (inputs: tf.Tensor) => tf.Tensor) => StepResult;
  readonly metrics?: Metrics;
  readonly device?: string;
  readonly quiet?: boolean;
}

/** Averages and metrics of any model over any data, without a trainer class. */
export async function evaluate<Batch = Record<string, tf.Tensor>>(
  model: Model,
  source: BatchSource<HostForm<Batch>>,
  options: EvaluateOptions<Batch>,
): Promise<EpochMetrics> {
  class Evaluator extends Trainer<Batch> {
    protected override trainingStep(): StepResult {
      return {};
    }
    protected override validationStep(batch: Batch): StepResult {
      return options.step(batch, (inputs) => this.forward(inputs));
    }
    protected override configureMetrics(): { valid: Metrics } {
      return { valid: options.metrics ?? {} };
    }
  }
  const evaluator = new Evaluator({
    model,
    ...(options.device !== undefined && { device: options.device }),
    quiet: options.quiet ?? false,
    seed: 0,
  });
  try {
    return await evaluator.validate(source);
  } finally {
    await evaluator.close(); // "await using" would bring its helpers to all who load this package
  }
}

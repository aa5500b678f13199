import { checkOptions, oneOf, text, type HostOutputs } from "@snapfit/base";
import { RatioMetric } from "./ratio-metric.js";
import { inputError, readOutput } from "./read-output.js";

/** Options of {@link mean}. */
export interface MeanOptions {
  /** The output to average, of any shape: all its values count. @default "values" */
  readonly values?: string;
  /** An output with one weight per value, >= 0. Without it all weigh 1. */
  readonly weights?: string;
  /** Whether larger or smaller is better. @default "min" */
  readonly direction?: "max" | "min";
}

/** The weighted mean of an output's values, summed in float64. NaN before the first value, while all weights are 0, and once a value was NaN. */
export function mean(options: MeanOptions = {}): Mean {
  return new Mean(options);
}

/** What {@link mean} makes. */
export class Mean extends RatioMetric {
  readonly #options: MeanOptions;

  constructor(options: MeanOptions) {
    checkOptions("mean()", options, { values: text, weights: text, direction: oneOf("max", "min") });
    super(options.direction ?? "min", { metric: "mean" });
    this.#options = options;
  }

  override update(outputs: HostOutputs): void {
    const values = readOutput("mean", "values", this.#options.values ?? "values", outputs);
    const weights = this.#options.weights === undefined ? undefined : readOutput("mean", "weights", this.#options.weights, outputs);
    if (weights && weights.data.length !== values.data.length) {
      throw inputError(
        "mean",
        `got values [${values.shape.join(", ")}] and weights [${weights.shape.join(", ")}]. Each value has one weight. Return weights of the same shape.`,
      );
    }
    for (let i = 0; i < values.data.length; i++) {
      const weight = weights ? weights.data[i]! : 1;
      if (weight < 0) throw inputError("mean", `got the weight ${weight} for value ${i}. Weights are at least 0. Check how they are made.`);
      // A weight of 0 leaves a value out, even one that is not finite.
      if (weight !== 0) this.numerator += weight * values.data[i]!;
      this.denominator += weight;
    }
  }
}

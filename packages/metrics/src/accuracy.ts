import { checkOptions, text, type HostOutputs } from "@snapfit/base";
import { numClassesOf, predictedClasses } from "./predicted-classes.js";
import { RatioMetric } from "./ratio-metric.js";
import { readLabels } from "./read-labels.js";
import { checkSameLength, readOutput } from "./read-output.js";

/** Names of the outputs that a metric of classes reads. */
export interface ClassOutputs {
  /** Scores [batch, classes] of any scale (logits, probabilities), or predicted class indices [batch]. @default "scores" */
  readonly scores?: string;
  /** Class indices [batch], or one-hot [batch, classes]. @default "labels" */
  readonly labels?: string;
}

export const classOutputChecks = { scores: text, labels: text };

/** The share of samples whose largest score is the label's (the first of equal scores counts). NaN before the first sample, and once a score was NaN. */
export function accuracy(options: ClassOutputs = {}): Accuracy {
  return new Accuracy(options);
}

/** What {@link accuracy} makes. */
export class Accuracy extends RatioMetric {
  readonly #options: ClassOutputs;

  constructor(options: ClassOutputs) {
    checkOptions("accuracy()", options, classOutputChecks);
    super("max", { metric: "accuracy" });
    this.#options = options;
  }

  override update(outputs: HostOutputs): void {
    const { predicted, labels } = readClasses("accuracy", this.#options, outputs);
    for (let i = 0; i < labels.length; i++) {
      // NaN makes the sum NaN: a prediction that does not exist is neither right nor wrong.
      if (Number.isNaN(predicted[i])) this.numerator = NaN;
      else if (predicted[i] === labels[i]) this.numerator++;
    }
    this.denominator += labels.length;
  }
}

/** Predicted classes (NaN where a score is) and labels of a batch, and the number of classes where scores tell it. */
export function readClasses(
  metric: string,
  names: ClassOutputs,
  outputs: HostOutputs,
): { predicted: Float64Array; labels: Int32Array; numClasses: number | undefined } {
  const scores = readOutput(metric, "scores", names.scores ?? "scores", outputs);
  const labels = readOutput(metric, "labels", names.labels ?? "labels", outputs);
  checkSameLength(metric, scores, labels);
  const numClasses = numClassesOf(metric, scores);
  return { predicted: predictedClasses(metric, scores), labels: readLabels(metric, labels, numClasses), numClasses };
}

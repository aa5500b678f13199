import { checkOptions, wholeNumberFrom, type HostOutputs } from "@snapfit/base";
import { classOutputChecks, type ClassOutputs } from "./accuracy.js";
import { RatioMetric } from "./ratio-metric.js";
import { readLabels } from "./read-labels.js";
import { checkSameLength, inputError, readOutput } from "./read-output.js";

/** Options of {@link topK}. */
export interface TopKOptions extends ClassOutputs {
  /** How many of the largest scores count, 1 to the number of classes. @default 5 */
  readonly k?: number;
}

/**
 * The share of samples whose label has one of the k largest of scores [batch, classes]. Of equal scores the lower class comes first, so that `k: 1` is the accuracy.
 * NaN before the first sample, and once a score was NaN.
 */
export function topK(options: TopKOptions = {}): TopK {
  return new TopK(options);
}

/** What {@link topK} makes. */
export class TopK extends RatioMetric {
  readonly #options: TopKOptions;
  readonly #k: number;

  constructor(options: TopKOptions) {
    checkOptions("topK()", options, { ...classOutputChecks, k: wholeNumberFrom(1) });
    const { k = 5 } = options;
    super("max", { metric: "topK", k });
    this.#options = options;
    this.#k = k;
  }

  override update(outputs: HostOutputs): void {
    const scores = readOutput("topK", "scores", this.#options.scores ?? "scores", outputs);
    const labels = readOutput("topK", "labels", this.#options.labels ?? "labels", outputs);
    checkSameLength("topK", scores, labels);
    const [, numClasses] = scores.shape;
    if (scores.shape.length !== 2 || numClasses === undefined || numClasses < this.#k) {
      throw inputError(
        "topK",
        `got scores of shape [${scores.shape.join(", ")}]. They are [batch, classes], with at least k = ${this.#k} classes. Return such scores, or lower k.`,
      );
    }
    const classes = readLabels("topK", labels, numClasses);
    for (let i = 0; i < classes.length; i++) {
      const place = placeOf(classes[i]!, scores.data, i * numClasses, numClasses);
      if (Number.isNaN(place)) this.numerator = NaN;
      else if (place < this.#k) this.numerator++;
    }
    this.denominator += classes.length;
  }
}

/** How many classes come before `label` in order of their scores; NaN if a score is. */
function placeOf(label: number, data: ArrayLike<number>, start: number, numClasses: number): number {
  const own = data[start + label]!;
  let place = 0;
  for (let j = 0; j < numClasses; j++) {
    const score = data[start + j]!;
    if (Number.isNaN(score)) return NaN;
    if (score > own || (score === own && j < label)) place++;
  }
  return place;
}

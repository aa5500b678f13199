import { checkOptions, listOf, text, trueOrFalse, type HostOutputs, type Metric, type StateRecord } from "@snapfit/base";
import { classOutputChecks, type ClassOutputs } from "./accuracy.js";
import { computeAuroc, computeAurocPerClass } from "./compute-auroc.js";
import { ScoreStore } from "./score-store.js";
import { softmaxRows } from "./softmax-rows.js";

/** Options of {@link auroc} and {@link aurocPerClass}. */
export interface AurocOptions extends ClassOutputs {
  /** Whether scores of three or more classes are logits, which go through a softmax first: classes are compared by probability. @default false */
  readonly logits?: boolean;
  /** For {@link aurocPerClass}: names of the classes in order of their indices. @default indices */
  readonly classNames?: readonly string[];
}

/**
 * Area under the ROC curve over all samples, exact (it keeps every score, 8 bytes each).
 * Scores [batch] or [batch, 1] are those of class 1; of scores [batch, 2] the difference counts, which serves logits and probabilities;
 * with three classes and more it is the mean of each class against the others, over classes for which it is defined.
 * NaN while only one class was seen, and once a score was NaN.
 */
export function auroc(options: AurocOptions = {}): Auroc {
  return new Auroc(options, "auroc");
}

/** As {@link auroc}, each class against the others by name: `{ cat: 0.97, dog: 0.95 }`. NaN for a class not seen. */
export function aurocPerClass(options: AurocOptions = {}): Auroc {
  return new Auroc(options, "aurocPerClass");
}

/** What {@link auroc} and {@link aurocPerClass} make. */
export class Auroc implements Metric {
  readonly direction = "max";
  readonly #options: AurocOptions;
  readonly #isPerClass: boolean;
  readonly #store: ScoreStore;

  constructor(options: AurocOptions, name: "auroc" | "aurocPerClass") {
    const checks = { ...classOutputChecks, logits: trueOrFalse };
    checkOptions(`${name}()`, options, name === "auroc" ? checks : { ...checks, classNames: listOf(text) });
    this.#options = options;
    this.#isPerClass = name === "aurocPerClass";
    this.#store = new ScoreStore(name);
  }

  update(outputs: HostOutputs): void {
    this.#store.update(this.#options, outputs);
  }

  compute(): number | Readonly<Record<string, number>> {
    const areas = this.#areas();
    if (this.#isPerClass)
      return Object.fromEntries(Array.from(areas, (area, index) => [this.#options.classNames?.[index] ?? String(index), area]));
    const defined = areas.filter((area) => !Number.isNaN(area));
    return defined.reduce((sum, area) => sum + area, 0) / defined.length;
  }

  reset(): void {
    this.#store.reset();
  }

  saveState(): StateRecord {
    return this.#store.saveState();
  }

  loadState(state: StateRecord): void {
    this.#store.loadState(state);
  }

  merge(state: StateRecord): void {
    this.#store.merge(state);
  }

  /** One area for each class. Two classes have the same one: what is a win for one is a win for the other. */
  #areas(): Float64Array {
    const { width, scores, labels } = this.#store.all();
    if (width > 2) {
      if (scores.some(Number.isNaN)) return new Float64Array(width).fill(NaN);
      return computeAurocPerClass(this.#options.logits ? softmaxRows(scores, width) : scores, labels, width);
    }
    const ofPositive = width === 2 ? Float64Array.from(labels, (_, i) => scores[2 * i + 1]! - scores[2 * i]!) : scores;
    return new Float64Array(this.#isPerClass ? 2 : 1).fill(computeAuroc(ofPositive, labels));
  }
}

import type { HostOutputs, Metric, StateRecord } from "@snapfit/base";
import { ConfusionMatrix, type Confusion, type ConfusionMatrixOptions } from "./confusion-matrix.js";

/**
 * The share of each class's samples that were predicted as that class (its recall): the diagonal over the row's sum. NaN for a class without samples.
 * @returns [numClasses]
 */
export function computePerClassAccuracy({ numClasses, counts }: Confusion): Float64Array {
  return Float64Array.from({ length: numClasses }, (_, label) => {
    const row = counts.subarray(label * numClasses, (label + 1) * numClasses);
    return row[label]! / row.reduce((sum, count) => sum + count, 0);
  });
}

/** The accuracy of each class by name: `{ cat: 0.9, dog: 0.8 }`, so `accuracy/cat` when the metric is called `accuracy`. NaN for a class not seen. */
export function perClassAccuracy(options: ConfusionMatrixOptions = {}): PerClassAccuracy {
  return new PerClassAccuracy(options);
}

/** What {@link perClassAccuracy} makes. */
export class PerClassAccuracy implements Metric {
  readonly direction = "max";
  readonly #matrix: ConfusionMatrix;

  constructor(options: ConfusionMatrixOptions) {
    this.#matrix = new ConfusionMatrix(options, "perClassAccuracy");
  }

  update(outputs: HostOutputs): void {
    this.#matrix.update(outputs);
  }

  compute(): Readonly<Record<string, number>> {
    const shares = computePerClassAccuracy(this.#matrix.confusion());
    return Object.fromEntries(Array.from(shares, (share, index) => [this.#matrix.className(index), share]));
  }

  reset(): void {
    this.#matrix.reset();
  }

  saveState(): StateRecord {
    return this.#matrix.saveState();
  }

  loadState(state: StateRecord): void {
    this.#matrix.loadState(state);
  }

  merge(state: StateRecord): void {
    this.#matrix.merge(state);
  }
}

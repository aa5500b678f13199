import type { HostOutputs, Metric, StateRecord } from "@snapfit/base";
import { confusionMatrix, type Confusion } from "@snapfit/metrics";

/**
 * Counts a confusion matrix as a metric without values: the history and the epoch line are no place for a hundred cells.
 * At the end of a pass it hands over the counts, those of all ranks.
 */
export class ConfusionRecorder implements Metric {
  readonly direction = "max";
  readonly #matrix: ReturnType<typeof confusionMatrix>;
  readonly #onResult: (confusion: Confusion) => void;

  constructor(classNames: readonly string[], onResult: (confusion: Confusion) => void) {
    this.#matrix = confusionMatrix({ classNames });
    this.#onResult = onResult;
  }

  update(outputs: HostOutputs): void {
    this.#matrix.update(outputs);
  }

  compute(): Readonly<Record<string, number>> {
    this.#onResult(this.#matrix.confusion());
    return {};
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

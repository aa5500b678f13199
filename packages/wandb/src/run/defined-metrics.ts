import { RecordKind } from "../log/record-kinds.js";
import type { TransactionLog } from "../log/transaction-log.js";
import { writeMetric } from "../log/write-records.js";
import type { MetricDefinitions } from "./metric-definitions.js";

/** Writes what metrics are into a log: each once, before the first row that has it. */
export class DefinedMetrics {
  readonly #metrics: MetricDefinitions;
  readonly #defined = new Set<string>();

  constructor(metrics: MetricDefinitions) {
    this.#metrics = metrics;
  }

  /** Another log begins, which has no definitions. */
  clear(): void {
    this.#defined.clear();
  }

  /** Does what writes definitions. Those that could not be written are written again. */
  during<T>(task: () => T): T {
    try {
      return task();
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  write(log: TransactionLog, name: string): void {
    if (this.#defined.has(name)) return;
    this.#defined.add(name);
    const metric = this.#metrics.of(name);
    if (metric === undefined) return;
    const { stepMetric } = metric;
    if (stepMetric !== undefined && !this.#defined.has(stepMetric)) {
      this.#defined.add(stepMetric);
      const axis = this.#metrics.of(stepMetric) ?? { name: stepMetric, stepMetric: undefined, summaries: [], isHidden: false };
      log.add(RecordKind.metric, (writer) => writeMetric(writer, axis));
    }
    log.add(RecordKind.metric, (writer) => writeMetric(writer, metric));
  }
}

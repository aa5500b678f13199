import type { HostOutputs, Metric, ProcessGroup, StateRecord } from "@snapfit/base";

/** Named streaming metrics. */
export type Metrics = Readonly<Record<string, Metric>>;

/** The metrics of one phase, fed batch by batch. */
export class MetricSet {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics = {}) {
    this.#metrics = metrics;
  }

  update(outputs: HostOutputs): void {
    for (const name in this.#metrics) this.#metrics[name]!.update(outputs);
  }

  reset(): void {
    for (const name in this.#metrics) this.#metrics[name]!.reset();
  }

  /** Values by name over all ranks; a metric with several values gives `name/part`. The metrics themselves stay as they are. */
  async compute(group: ProcessGroup): Promise<Record<string, number>> {
    const values: Record<string, number> = {};
    for (const [name, metric] of Object.entries(this.#metrics)) {
      const own = metric.saveState();
      const isShared = group.size > 1;
      if (isShared) {
        metric.reset();
        for (const state of await group.allGather(own)) metric.merge(state);
      }
      const value = metric.compute();
      if (isShared) metric.loadState(own);
      if (typeof value === "number") values[name] = value;
      else for (const [part, number] of Object.entries(value)) values[`${name}/${part}`] = number;
    }
    return values;
  }

  saveState(): StateRecord {
    return Object.fromEntries(Object.entries(this.#metrics).map(([name, metric]) => [name, metric.saveState()]));
  }

  loadState(state: StateRecord): void {
    for (const [name, metric] of Object.entries(this.#metrics)) {
      const own = state[name] as StateRecord | undefined;
      if (own === undefined) metric.reset();
      else metric.loadState(own);
    }
  }
}

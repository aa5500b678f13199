import type { HostOutputs, Metric, StateRecord } from "@snapfit/base";
import { checkState } from "./check-state.js";

/** A metric that is a sum over a sum, in float64: means and shares. */
export abstract class RatioMetric implements Metric {
  readonly direction: "max" | "min";
  /** The metric's name and the options that its state depends on. */
  protected readonly settings: StateRecord;
  protected numerator = 0;
  protected denominator = 0;

  protected constructor(direction: "max" | "min", settings: StateRecord) {
    this.direction = direction;
    this.settings = settings;
  }

  abstract update(outputs: HostOutputs): void;

  compute(): number {
    return this.numerator / this.denominator;
  }

  reset(): void {
    this.numerator = 0;
    this.denominator = 0;
  }

  saveState(): StateRecord {
    return { ...this.settings, numerator: this.numerator, denominator: this.denominator };
  }

  loadState(state: StateRecord): void {
    checkState(state, this.settings, { numerator: 0, denominator: 0 });
    this.numerator = state["numerator"] as number;
    this.denominator = state["denominator"] as number;
  }

  merge(state: StateRecord): void {
    checkState(state, this.settings, { numerator: 0, denominator: 0 });
    this.numerator += state["numerator"] as number;
    this.denominator += state["denominator"] as number;
  }
}

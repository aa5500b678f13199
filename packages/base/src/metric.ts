import type { HostTensor } from "./host-tensor.js";
import type { StateRecord } from "./state-tree.js";

/** Outputs of one batch by name, read from the device: what a step returned under `outputs`. First dimension: samples. */
export type HostOutputs = Readonly<Record<string, HostTensor>>;

/** A streaming metric: sees the outputs batch by batch, keeps a small state, can be merged over ranks and saved. */
export interface Metric {
  /** Whether larger (`"max"`) or smaller (`"min"`) values are better. */
  readonly direction: "max" | "min";
  /** Takes one batch. Throws a SnapfitError `METRIC_INPUT` that names a missing output or wrong shape and those that are there. */
  update(outputs: HostOutputs): void;
  /** The value over all batches since {@link reset}; NaN before the first. A record gives several named values (`accuracy/cat`), joined to the metric's name by `/`. */
  compute(): number | Readonly<Record<string, number>>;
  reset(): void;
  saveState(): StateRecord;
  loadState(state: StateRecord): void;
  /** Adds what another instance has seen, given its saved state. */
  merge(state: StateRecord): void;
}

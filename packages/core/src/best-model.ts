import type { StateRecord } from "@snapfit/base";
import type { Mode } from "./metric-direction.js";
import type { Weights } from "./model.js";

/** The best state so far, by strict improvement of the monitored validation value. */
export interface BestModelState {
  /** As `modelWeights()` gives them; with Ema the averages. */
  readonly weights: Weights;
  readonly monitor: string;
  readonly value: number;
  /** Epochs over all fits, and steps, when it was taken. */
  readonly epoch: number;
  readonly step: number;
}

/** Whether `value` is strictly better than the best one so far. NaN and infinite ones never are. */
export function isBetter(value: number, best: BestModelState | undefined, mode: Mode): boolean {
  if (!Number.isFinite(value)) return false;
  if (best === undefined) return true;
  return mode === "max" ? value > best.value : value < best.value;
}

export function saveBest(best: BestModelState | undefined): StateRecord | null {
  return best === undefined ? null : { ...best };
}

export function loadBest(state: StateRecord | null | undefined): BestModelState | undefined {
  return state == null ? undefined : (state as unknown as BestModelState);
}

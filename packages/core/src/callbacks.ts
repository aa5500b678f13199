import type { Trainer } from "./trainer.js";
import type { Awaitable } from "./awaitable.js";
import type { BatchOutputs } from "./step-result.js";

/** Averages and metrics of an epoch by name; in `onTrainEpochEnd` those of its validation stand under `valid`. */
export type EpochMetrics = Readonly<Record<string, number>>;
export type TrainEpochMetrics = { readonly [name: string]: number | EpochMetrics | undefined; readonly valid?: EpochMetrics };

/** Hooks of a trainer as a plain object: the same names, with the trainer as an additional first argument. Run after the trainer's own hooks. */
export interface Callback {
  onFitStart?(trainer: Trainer): Awaitable<void>;
  onFitEnd?(trainer: Trainer, reason: string): Awaitable<void>;
  onTrainEpochStart?(trainer: Trainer): Awaitable<void>;
  onTrainEpochEnd?(trainer: Trainer, metrics: TrainEpochMetrics): Awaitable<void>;
  onTrainBatchStart?(trainer: Trainer, batch: unknown, index: number): Awaitable<void>;
  onTrainBatchEnd?(trainer: Trainer, outputs: BatchOutputs, batch: unknown, index: number): Awaitable<void>;
  onValidationEpochStart?(trainer: Trainer): Awaitable<void>;
  onValidationEpochEnd?(trainer: Trainer, metrics: EpochMetrics): Awaitable<void>;
  onValidationBatchStart?(trainer: Trainer, batch: unknown, index: number): Awaitable<void>;
  onValidationBatchEnd?(trainer: Trainer, outputs: BatchOutputs, batch: unknown, index: number): Awaitable<void>;
}

/** The names of the ten hooks. */
export type HookName = keyof Callback;
export const hookNames = [
  "onFitStart",
  "onFitEnd",
  "onTrainEpochStart",
  "onTrainEpochEnd",
  "onTrainBatchStart",
  "onTrainBatchEnd",
  "onValidationEpochStart",
  "onValidationEpochEnd",
  "onValidationBatchStart",
  "onValidationBatchEnd",
] as const satisfies readonly HookName[];

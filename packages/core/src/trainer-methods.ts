import type { HostOutputs, StateRecord } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import type { Awaitable } from "./awaitable.js";
import type { Callback, EpochMetrics, HookName } from "./callbacks.js";
import type { EarlyStopper } from "./early-stopper.js";
import type { Gradients } from "./gradients.js";
import type { LogRecord } from "./log-record.js";
import type { Metrics } from "./metric-set.js";
import type { Weights } from "./model.js";
import type { OptimizerConfiguration } from "./optimizer-slots.js";
import type { StepResult } from "./step-result.js";
import type { Window } from "./window.js";

/** What a pass over data is for. */
export type EvaluationPhase = "validation" | "test" | "prediction";
/** What the trainer does now. */
export type Phase = "idle" | "train" | EvaluationPhase;
/** Where a state may be saved. */
export type SavePointKind = "step" | "epoch" | "fitEnd" | "stop";

type Hooks = {
  [H in HookName]-?: NonNullable<Callback[H]> extends (trainer: never, ...rest: infer Rest) => infer R ? (...rest: Rest) => R : never;
};

/** The methods of a trainer that the stages of the loop call, most of them `protected` there. */
export interface TrainerMethods extends Hooks {
  configureOptimizers(): Awaitable<OptimizerConfiguration | undefined>;
  configureEarlyStoppers(): Awaitable<{ readonly train?: EarlyStopper; readonly valid?: EarlyStopper }>;
  configureMetrics(): Awaitable<{ readonly train?: Metrics; readonly valid?: Metrics }>;
  setup(): Awaitable<void>;
  restore(): Awaitable<void>;
  batchSize(batch: unknown): number;
  batchWeight(batch: unknown): number;
  runStep(window: Window): Awaitable<void>;
  computeGradients(window: Window): Awaitable<Gradients | undefined>;
  transferBatch(batch: unknown): unknown;
  transformBatch(batch: unknown): unknown;
  computeLoss(batch: unknown, index: number): StepResult;
  scaleLoss(loss: tf.Tensor): tf.Tensor;
  accumulateGradients(gradients: Gradients): void;
  reduceGradients(gradients: Gradients): Awaitable<Gradients>;
  unscaleGradients(gradients: Gradients): Awaitable<Gradients | null>;
  clipGradients(gradients: Gradients): Gradients;
  applyGradients(gradients: Gradients): void;
  onOptimizerStep(step: { readonly skipped: boolean }): Awaitable<void>;
  onLog(record: LogRecord): Awaitable<LogRecord | undefined>;
  runEvaluation(phase: EvaluationPhase): Awaitable<EpochMetrics>;
  computeOutputs(batch: unknown, index: number): StepResult;
  computeMetrics(outputs: HostOutputs): Awaitable<Record<string, number>>;
  savePoint(kind: SavePointKind): Awaitable<void>;
  modelStateForUse(): Awaitable<Weights>;
  saveState(): Promise<StateRecord>;
  loadState(state: StateRecord): Promise<void>;
  close(): Promise<void>;
}

import { SnapfitError, type HostOutputs, type RandomStream, type StateRecord, type Storage } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import type { Awaitable } from "./awaitable.js";
import { firstDimension, firstInput, toTensors } from "./batch.js";
import type { EpochMetrics, TrainEpochMetrics } from "./callbacks.js";
import { dropout } from "./dropout.js";
import type { EarlyStopper } from "./early-stopper.js";
import type { Gradients } from "./gradients.js";
import type { LogRecord, LogSink } from "./log-record.js";
import type { Metrics } from "./metric-set.js";
import type { Weights } from "./model.js";
import type { OptimizerConfiguration } from "./optimizer-slots.js";
import type { Prediction } from "./prediction.js";
import { sessionOf } from "./session-of.js";
import type { BatchOutputs, StepResult } from "./step-result.js";
import { sectionRandomness } from "./sync-section.js";
import type { EvaluationPhase, SavePointKind } from "./trainer-methods.js";
import { readWeights } from "./weights.js";
import type { Window } from "./window.js";

/** Refuses a validation that nobody has written, before an epoch is spent. @throws SnapfitError `NO_VALIDATION_STEP` */
export function checkValidationStep<Batch>(trainer: TrainerSteps<Batch>): void {
  const { validationStep, computeOutputs } = TrainerSteps.prototype as unknown as Record<string, unknown>;
  if (trainer["validationStep"] === validationStep && trainer["computeOutputs"] === computeOutputs)
    trainer["validationStep"](undefined as Batch, 0);
}

/**
 * The overridable methods of a trainer, with their defaults, in the order in which the loop calls them.
 * `docs/loop.md` draws that order and says where `super` stands.
 */
export abstract class TrainerSteps<Batch> {
  // The user's part.

  /** One step on one batch, synchronous, inside one tidy and tape. Add-ons wrap `computeLoss` instead. @param name of the optimizer, where there are several */
  protected abstract trainingStep(batch: Batch, index: number, name: string): StepResult;

  /** One batch of validation. `loss` is not required. */
  protected validationStep(_batch: Batch, _index: number): StepResult {
    throw new SnapfitError(
      "NO_VALIDATION_STEP",
      `${sessionOf(this).runName} has no validationStep(batch, index), which validation needs. Override it, or leave validation out.`,
    );
  }
  /** One batch of a test. */
  protected testStep(batch: Batch, index: number): StepResult {
    return this.validationStep(batch, index);
  }
  /** One batch of a prediction. The default passes the batch, or its first array, to the model. */
  protected predictStep(batch: Batch, _index: number): Prediction | readonly tf.Tensor[] {
    return sessionOf(this).model.forward(firstInput(batch), false);
  }

  /** The model on inputs, in the mode of the running phase. @throws SnapfitError `NO_FORWARD` */
  protected forward<T extends tf.Tensor | tf.Tensor[] = tf.Tensor>(inputs: tf.Tensor | tf.Tensor[]): T {
    const { model, phase } = sessionOf(this);
    return model.forward(inputs, phase === "train") as T;
  }
  /** Dropout whose masks follow the seed, the step and the sample; passes through outside of training. @param rate [0, 1) */
  protected dropout<T extends tf.Tensor>(inputs: T, rate: number): T {
    const randomness = sectionRandomness();
    return (sessionOf(this).phase === "train" && randomness !== undefined ? dropout(inputs, rate, "trainer", randomness) : inputs) as T;
  }
  /** A random stream of that name, saved with the state. */
  protected randomStream(name: string): RandomStream {
    const { streams, random, group } = sessionOf(this);
    const stream = streams.get(name) ?? random.split("user", name, group.rank);
    streams.set(name, stream);
    return stream;
  }

  // Set-up, in this order.

  /** The optimizer and its schedule, or several by name. The default takes them from the options. */
  protected configureOptimizers(): Awaitable<OptimizerConfiguration | undefined> {
    const { optimizer, schedule } = sessionOf(this).options;
    return optimizer && { optimizer, schedule };
  }
  protected configureEarlyStoppers(): Awaitable<{ readonly train?: EarlyStopper; readonly valid?: EarlyStopper }> {
    return {};
  }
  /** Streaming metrics by name, fed with the `outputs` of steps. */
  protected configureMetrics(): Awaitable<{ readonly train?: Metrics; readonly valid?: Metrics }> {
    return {};
  }
  /** Add-ons register here: `defer`, `addLogSink`. Call `super` first. */
  protected setup(): Awaitable<void> {}
  /** Takes up a saved state, if there is one. Call `super` first. */
  protected restore(): Awaitable<void> {}

  /**
   * Whether a call that changes the weights is to do nothing, and says so: until the script comes to the fit that the restored state goes on with.
   * @param call as people know it: `load()`
   */
  protected passesOver(call: string): boolean {
    const session = sessionOf(this);
    return session.evaluating.isInState(session, call);
  }
  /** Registers a cleanup. Cleanups run in reverse when the trainer is closed, each in its own try. */
  protected defer(cleanup: () => Awaitable<void>): void {
    sessionOf(this).cleanups.add(cleanup);
  }
  /** Registers a receiver of log records; the core calls it in isolation. */
  protected addLogSink(sink: LogSink): void {
    sessionOf(this).sinks.add(sink);
  }
  /** The folder of this run, claimed at the first call. Collective. @param mayReopen whether an existing folder may be used, for those who resume */
  protected runFolder(storage: Storage, { mayReopen = false }: { readonly mayReopen?: boolean } = {}): Promise<string> {
    const session = sessionOf(this);
    return (session.folder ??= import("./run-folder.js").then(({ claimRunFolder }) => claimRunFolder(session, storage, mayReopen)));
  }

  // Hooks, all empty here: what the core does by itself an override cannot lose.

  protected onFitStart(): Awaitable<void> {}
  protected onFitEnd(_reason: string): Awaitable<void> {}
  protected onTrainEpochStart(): Awaitable<void> {}
  protected onTrainEpochEnd(_metrics: TrainEpochMetrics): Awaitable<void> {}
  protected onTrainBatchStart(_batch: Batch, _index: number): Awaitable<void> {}
  protected onTrainBatchEnd(_outputs: BatchOutputs, _batch: Batch, _index: number): Awaitable<void> {}
  protected onValidationEpochStart(): Awaitable<void> {}
  protected onValidationEpochEnd(_metrics: EpochMetrics): Awaitable<void> {}
  protected onValidationBatchStart(_batch: Batch, _index: number): Awaitable<void> {}
  protected onValidationBatchEnd(_outputs: BatchOutputs, _batch: Batch, _index: number): Awaitable<void> {}

  // The parts of a step, in this order.

  /** Samples in a batch as the loader yields it. */
  protected batchSize(batch: unknown): number {
    return firstDimension(batch);
  }
  /** How many items the loss of a batch is a mean of; windows, epochs and ranks weight by it. */
  protected batchWeight(batch: unknown): number {
    return this.batchSize(batch);
  }
  /** Around one optimizer step. */
  protected runStep(window: Window): Awaitable<void> {
    const session = sessionOf(this);
    return session.training!.runOptimizerStep(session, window);
  }
  /** Around the gradients of a window. May be repeated: what counts is the last pass. */
  protected computeGradients(window: Window): Awaitable<Gradients | undefined> {
    const session = sessionOf(this);
    return session.training!.computeWindowGradients(session, window);
  }
  /** Host arrays to tensors of the same nesting. Synchronous: what has to wait belongs into the loader, which reads ahead. */
  protected transferBatch(batch: unknown): unknown {
    return toTensors(batch);
  }
  /** Augmentation on tensors, in training only. Synchronous. */
  protected transformBatch(batch: unknown): unknown {
    return batch;
  }
  /** Around `trainingStep`, synchronous. */
  protected computeLoss(batch: unknown, index: number): StepResult {
    return this.trainingStep(batch as Batch, index, sessionOf(this).activeSlot?.name ?? "default");
  }
  /** The loss that is differentiated: weighted by the batch's share of the window. Synchronous, inside the tape. */
  protected scaleLoss(loss: tf.Tensor): tf.Tensor {
    const { lossScale } = sessionOf(this);
    return lossScale === 1 ? loss : loss.mul(lossScale);
  }
  /** Takes over the gradients of one batch. Synchronous. */
  protected accumulateGradients(gradients: Gradients): void {
    const session = sessionOf(this);
    session.training!.accumulate(session, gradients);
  }
  /** Sums over ranks. */
  protected reduceGradients(gradients: Gradients): Awaitable<Gradients> {
    return gradients;
  }
  /** Undoes a loss scale; null skips the step. */
  protected unscaleGradients(gradients: Gradients): Awaitable<Gradients | null> {
    return gradients;
  }
  /** Limits the gradients by the option `clip`. Synchronous. */
  protected clipGradients(gradients: Gradients): Gradients {
    const session = sessionOf(this);
    return session.training!.clip(session, gradients);
  }
  /** The optimizer's update at the schedule's rate. Synchronous. */
  protected applyGradients(gradients: Gradients): void {
    const { activeSlot, activeParameters, model, clock } = sessionOf(this);
    if (activeSlot)
      activeSlot.optimizer.apply(
        gradients,
        activeParameters ?? activeSlot.parametersOf(model.parameters()),
        activeSlot.driver.factor(clock),
        activeSlot.driver.momentum(clock),
      );
  }
  protected onOptimizerStep(_step: { readonly skipped: boolean }): Awaitable<void> {}
  /** Sees each record before the sinks; returns it, changed or not, or undefined to drop it. */
  protected onLog(record: LogRecord): Awaitable<LogRecord | undefined> {
    return record;
  }

  // Evaluation and state.

  /** Around a pass over validation, test or prediction data. */
  protected runEvaluation(phase: EvaluationPhase): Awaitable<EpochMetrics> {
    const session = sessionOf(this);
    return session.evaluating.evaluationPass(session, phase);
  }
  /** Around the step of an evaluation, synchronous. */
  protected computeOutputs(batch: unknown, index: number): StepResult {
    const { phase, evaluating } = sessionOf(this);
    if (phase === "prediction") return evaluating.predictionResult(this.predictStep(batch as Batch, index));
    return phase === "test" ? this.testStep(batch as Batch, index) : this.validationStep(batch as Batch, index);
  }
  /** Metrics from the joined outputs of a whole validation; the numbers join the epoch's metrics. Joining costs memory, so it is done only if this is overridden. */
  protected computeMetrics(_outputs: HostOutputs): Awaitable<Record<string, number>> {
    return {};
  }
  /** A place where the state may be saved; the state manager decides whether it does. */
  protected savePoint(_kind: SavePointKind): Awaitable<void> {}
  /** The weights that best state, exports and reports use; Ema gives its averages. */
  protected modelStateForUse(): Awaitable<Weights> {
    const { rawWeights, model } = sessionOf(this);
    return rawWeights ?? readWeights(model.weights());
  }
  /** This rank's state. Extend with `{ ...(await super.saveState()), myAddOn: {…} }`; what differs by rank goes under `perRank`. */
  async saveState(): Promise<StateRecord> {
    const { saveRunState } = await import("./run-state.js");
    return saveRunState(sessionOf(this));
  }
  /** Takes up this rank's state. Call `super` first. */
  async loadState(state: StateRecord): Promise<void> {
    const { loadRunState } = await import("./run-state.js");
    loadRunState(sessionOf(this), state);
  }
  /** Runs `body` with other weights in the model. Swaps do not nest. @throws SnapfitError `WEIGHTS_SWAPPED` */
  protected async withWeights<T>(weights: Weights, body: () => Awaitable<T>): Promise<T> {
    const { withSwappedWeights } = await import("./swap-weights.js");
    return withSwappedWeights(sessionOf(this), weights, body);
  }
  /** Runs `body`, then puts buffers and random streams back. */
  protected async withSnapshot<T>(body: () => Awaitable<T>): Promise<T> {
    const { withStateSnapshot } = await import("./swap-weights.js");
    return withStateSnapshot(sessionOf(this), body);
  }
}

import { SnapfitError, type ProcessGroup, type StateRecord } from "@snapfit/base";
import type { Optimizer } from "@snapfit/optim";
import { applyAddOns, type AnyAddOn, type TrainerClass } from "./add-on.js";
import type { Checked, WithAddOns } from "./add-on-types.js";
import type { BatchSource, HostForm } from "./batch.js";
import type { BestModelState } from "./best-model.js";
import type { EpochMetrics } from "./callbacks.js";
import type { Logger } from "./console/logger.js";
import type { EarlyStopper } from "./early-stopper.js";
import type { FitResult } from "./fit.js";
import type { FitOptions } from "./fit-options.js";
import type { History } from "./history.js";
import type { Model, Weights } from "./model.js";
import { optionNamesOf } from "./option-names.js";
import type { HostPrediction } from "./prediction.js";
import { progressView, type Progress } from "./progress.js";
import { Session } from "./session.js";
import { setSession } from "./session-of.js";
import type { Phase, TrainerMethods } from "./trainer-methods.js";
import { TrainerLogging } from "./trainer-logging.js";
import { resolveOptions, type LossFunction, type TrainerOptions } from "./trainer-options.js";
import { checkValidationStep } from "./trainer-steps.js";
import { assignWeights, readWeights, type WeightsMismatch } from "./weights.js";

/**
 * The loop. Extend it with a `trainingStep`; add to it with `addOn()`.
 * The order of all methods is drawn in `docs/loop.md`; every one but `trainingStep` may be overridden by subclasses and add-ons, and an override calls `super`.
 */
export abstract class Trainer<Batch = unknown> extends TrainerLogging<Batch> {
  /** The add-ons of this class, innermost first. */
  static readonly addOns: readonly never[] = [];
  /** Names of options that this class takes beyond those of the class below. */
  static readonly optionNames: readonly string[] = [];

  /** Returns a subclass with the add-ons, whatever their order. On a generic trainer the batch type stays open. */
  static addOn<C extends TrainerClass, const A extends readonly AnyAddOn[]>(this: C, ...addOns: Checked<C, A>): WithAddOns<C, A> {
    // Two casts: the compiler cannot see that a checked list is the list itself, nor follow a class through a loop.
    return applyAddOns(this, addOns as unknown as A) as unknown as WithAddOns<C, A>;
  }

  readonly #session: Session;
  readonly #progress: Progress;
  #ready: Promise<void> | undefined;
  /** The call that runs now. */
  #running: string | undefined;

  /**
   * Checks every option and touches nothing outside. Calls no overridable method: the fields of subclasses do not exist yet. That is what `setup()` is for.
   * @throws SnapfitError `MODEL_MISSING`, `OPTION_UNKNOWN`, `OPTION_INVALID`
   */
  constructor(options: TrainerOptions) {
    super();
    const resolved = resolveOptions(options, optionNamesOf(new.target));
    this.#session = new Session(this as unknown as TrainerMethods, resolved, {
      runName: resolved.runName ?? new.target.name.split("+")[0]!,
      collectsOutputs: this.computeMetrics !== TrainerLogging.prototype["computeMetrics"],
    });
    setSession(this, this.#session);
    this.#progress = progressView(this.#session.counters);
  }

  // What the trainer is and has.

  /** The model. @throws SnapfitError `NOT_READY` before the first use of the trainer: call `ready()`. */
  get model(): Model {
    return this.#readySession.model.source;
  }
  /** The loss function of the options. @throws SnapfitError `NO_LOSS` if there is none. */
  get loss(): LossFunction {
    const { loss } = this.#session.options;
    if (loss === undefined)
      throw new SnapfitError("NO_LOSS", "this.loss was used, but the trainer has no loss. Give the option loss, a function of tensors.");
    return loss;
  }
  get progress(): Progress {
    return this.#progress;
  }
  /** One entry an epoch, over all fits. */
  get history(): History {
    return this.#session.history;
  }
  /** Whether a training step or its hooks run now: what dropout and batch norm go by. */
  get training(): boolean {
    return this.#session.phase === "train";
  }
  get phase(): Phase {
    return this.#session.phase;
  }
  get processGroup(): ProcessGroup {
    return this.#session.group;
  }
  /** The best state by the monitored validation value; undefined before the first validation. */
  get bestModelState(): BestModelState | undefined {
    return this.#session.best;
  }
  get trainEarlyStopper(): EarlyStopper | undefined {
    return this.#session.stoppers.train;
  }
  get validEarlyStopper(): EarlyStopper | undefined {
    return this.#session.stoppers.valid;
  }
  /** The optimizer, or the first of several; undefined without one. */
  get optimizer(): Optimizer | undefined {
    return this.#readySession.optimizers[0]?.optimizer;
  }
  /** Name of the optimizer whose part of the step runs: `default` for a single one. */
  get activeOptimizer(): string | undefined {
    return this.#session.activeSlot?.name;
  }
  /** Rate of each parameter group now, by `group`, or `optimizer/group` of several optimizers. */
  get learningRates(): Readonly<Record<string, number>> {
    const { optimizers, clock } = this.#readySession;
    return Object.fromEntries(
      optimizers.flatMap(({ name, driver }) =>
        driver.rates(clock).map(({ name: group, rate }) => [optimizers.length > 1 ? `${name}/${group}` : group, rate]),
      ),
    );
  }
  /** Lines for people; the progress bar makes room for them. */
  get logger(): Logger {
    return this.#session.console;
  }
  get runName(): string {
    return this.#session.runName;
  }

  // What users call.

  /** Picks the backend, builds the model, sets up the add-ons and restores. The other calls do it by themselves; repeated calls are harmless. */
  ready(): Promise<void> {
    this.#ready ??= import("./ready.js").then(({ makeReady }) => makeReady(this.#session));
    return this.#ready;
  }

  /**
   * Trains. The n-th call is the n-th fit of the run: after a resume finished ones are skipped and the running one goes on.
   * @throws SnapfitError `NO_LIMIT`, `OPTION_UNKNOWN`, `OPTION_INVALID`, `BUSY`, `NOT_FINITE`, `NO_VALIDATION_STEP`, `ONE_SHOT_LOADER`, `EMPTY_LOADER`, `NO_STEP`, `TOTAL_STEPS_UNKNOWN`, `GROUP_ABORTED` (another rank failed); what a step or hook throws, unchanged
   */
  async fit(options: FitOptions<Batch>): Promise<FitResult> {
    return this.#exclusively("fit", async () => {
      const session = this.#session;
      const training = (session.training ??= await import("./training.js"));
      const plan = training.planFit(options, session.options.accumulate); // before ready() does anything
      if (plan.validation !== undefined) checkValidationStep(this);
      await this.ready();
      if (session.evaluating.isAfterStop(session, "fit()")) return { reason: session.stops.request!.reason, interrupted: true };
      return training.runFit(session, plan);
    });
  }

  /** Averages and metrics over validation data. Moves no counter. */
  async validate(source: BatchSource<HostForm<Batch>>): Promise<EpochMetrics> {
    return this.#evaluate("validation", source);
  }

  /** Averages and metrics over test data, through `testStep`. */
  async test(source: BatchSource<HostForm<Batch>>): Promise<EpochMetrics> {
    return this.#evaluate("test", source);
  }

  /** What `predictStep` returns for each batch, in host memory. Leaving the iteration early releases everything. */
  async *predict(source: BatchSource<HostForm<Batch>>): AsyncGenerator<HostPrediction, void, undefined> {
    this.#enter("predict");
    try {
      await this.ready();
      const { evaluating } = this.#session;
      if (evaluating.isAfterStop(this.#session, "predict()")) return;
      evaluating.sayIfRestored(this.#session, "predict()");
      yield* evaluating.predictions(this.#session, source);
    } catch (error) {
      await this.#session.recover(error);
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  /** {@link predict} as an array, one entry a batch. */
  async predictAll(source: BatchSource<HostForm<Batch>>): Promise<HostPrediction[]> {
    const all: HostPrediction[] = [];
    for await (const prediction of this.predict(source)) all.push(prediction);
    return all;
  }

  /** Finishes the running fit: after the running step the epoch is closed, validated and saved. The first reason wins. */
  stop(reason: string): void {
    this.#session.stops.ask({ kind: "finish", reason });
  }

  /** Puts the best weights in. @throws SnapfitError `NO_BEST` if nothing has been validated. */
  async useBest(): Promise<void> {
    await this.#usable();
    const session = this.#session;
    if (this.passesOver("useBest()")) return;
    if (session.best === undefined)
      throw new SnapfitError(
        "NO_BEST",
        "There is no best state yet. It is kept by the validations of fit(). Pass validation to fit() first.",
      );
    assignWeights(session.model.weights(), session.best.weights, true);
    session.startsFrom = "best";
  }

  /** A copy of all weights by structural path, buffers included; the raw ones while others are swapped in. */
  async modelWeights(): Promise<Weights> {
    await this.#usable();
    return this.#session.rawWeights ?? readWeights(this.#session.model.weights());
  }

  /** Puts weights into the model. @throws SnapfitError `WEIGHTS_MISMATCH`; with `strict: false` takes what fits and returns the rest. */
  async setModelWeights(weights: Weights, { strict = true }: { readonly strict?: boolean } = {}): Promise<WeightsMismatch> {
    await this.#usable();
    if (this.passesOver("setModelWeights()")) return { missing: [], unexpected: [], different: [] };
    const mismatch = assignWeights(this.#session.model.weights(), weights, strict);
    this.#session.startsFrom = "given";
    return mismatch;
  }

  /** A table of the model's layers and parameters. */
  async summary(): Promise<string> {
    await this.#usable();
    const { modelSummary } = await import("./console/model-summary.js");
    return modelSummary(this.#session.model);
  }

  /** The state of all ranks, as plain data: what a checkpoint holds. Collective. */
  async captureState(): Promise<StateRecord> {
    await this.#usable();
    const { captureRunState } = await import("./run-state.js");
    return captureRunState(this.#session);
  }

  /** Takes up what `captureState()` returned; the fits of the script then go on where they were. Collective. */
  async applyState(state: StateRecord): Promise<void> {
    await this.#usable();
    const { applyRunState } = await import("./run-state.js");
    await applyRunState(this.#session, state);
  }

  /** Runs what was deferred, in reverse, and releases the optimizers. @throws AggregateError of what failed, after all has run. */
  close(): Promise<void> {
    return this.#session.cleanups.run();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What add-ons call in `setup()` and `restore()` cannot wait for the end of them. */
  async #usable(): Promise<void> {
    if (!this.#session.isReady) await this.ready();
  }

  get #readySession(): Session {
    if (this.#session.isReady) return this.#session;
    throw new SnapfitError("NOT_READY", "The trainer has no model yet: it is built at its first use. Call await trainer.ready() before.");
  }

  /** One call at a time. */
  async #exclusively<T>(call: string, body: () => Promise<T>): Promise<T> {
    this.#enter(call);
    try {
      return await body();
    } catch (error) {
      await this.#session.recover(error);
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  #enter(call: string): void {
    if (this.#running !== undefined)
      throw new SnapfitError(
        "BUSY",
        `${call}() was called while ${this.#running}() runs. A trainer does one thing at a time. Await the first call, or leave its iteration.`,
      );
    this.#running = call;
  }

  async #evaluate(phase: "validation" | "test", source: BatchSource<HostForm<Batch>>): Promise<EpochMetrics> {
    const call = phase === "validation" ? "validate" : "test";
    return this.#exclusively(call, async () => {
      await this.ready();
      const session = this.#session;
      const { evaluating, logs, sinks } = session;
      if (evaluating.isAfterStop(session, `${call}()`)) return {};
      evaluating.sayIfRestored(session, `${call}()`);
      const evaluated = await evaluating.evaluate(session, phase, { source });
      if (evaluated === undefined) return {};
      await logs.evaluated(phase === "test" ? "test" : "valid", evaluated.values, evaluated.logged);
      await sinks.flush();
      return evaluated.values;
    });
  }
}

import { RandomStream, soloGroup, type ProcessGroup, type StateRecord } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import type { BatchSource } from "./batch.js";
import type { BestModelState } from "./best-model.js";
import { Cleanups } from "./cleanups.js";
import { TrainerConsole } from "./console/trainer-console.js";
import type { EarlyStopper } from "./early-stopper.js";
import type * as evaluating from "./evaluating.js";
import type { Evaluation } from "./evaluation.js";
import type { FitEntry } from "./fit-entry.js";
import type { Gradients } from "./gradients.js";
import type { HistoryColumns } from "./history.js";
import { LogHub } from "./log-hub.js";
import { LogSinks } from "./log-sinks.js";
import { directionOf, type Mode } from "./metric-direction.js";
import { MetricSet, type Metrics } from "./metric-set.js";
import type { Weights } from "./model.js";
import type { OptimizerSlot } from "./optimizer-slots.js";
import { PendingScalars } from "./pending-scalars.js";
import type { Counters } from "./progress.js";
import type { ScheduleClock } from "./schedule-driver.js";
import { StepPass } from "./step-pass.js";
import { StopRequests } from "./stop-requests.js";
import { SectionRandomness } from "./sync-section.js";
import type { TrainedModel } from "./trained-model.js";
import type * as training from "./training.js";
import type { Phase, TrainerMethods } from "./trainer-methods.js";
import type { ResolvedOptions } from "./trainer-options.js";
import { WeightedMeans } from "./weighted-means.js";
import type { LoaderPosition } from "./window.js";

/** All that one trainer holds, shared by the stages of the loop. Nobody outside of core sees it. */
export class Session {
  readonly options: ResolvedOptions;
  readonly trainer: TrainerMethods;
  readonly console: TrainerConsole;
  readonly group: ProcessGroup;
  readonly sinks: LogSinks;
  readonly logs: LogHub;
  readonly stops: StopRequests;

  // What goes into a saved state.
  readonly counters: Counters = { fit: 0, epoch: 0, globalEpoch: 0, batch: 0, step: 0, samples: 0 };
  /** Windows over all fits, skipped ones included: the moment of dropout masks. */
  windows = 0;
  seed: number;
  readonly streams = new Map<string, RandomStream>();
  history: { train: HistoryColumns; valid: HistoryColumns } = { train: {}, valid: {} };
  fits: FitEntry[] = [];
  best: BestModelState | undefined;
  /** Means over the epoch so far, and since the last log record. */
  readonly epochMeans = new WeightedMeans();
  readonly recordMeans = new WeightedMeans();
  readonly stepMeans = [this.epochMeans, this.recordMeans];
  /** Whether an epoch has begun and not ended, and a validation that is due in it. */
  isEpochRunning = false;
  /** Whether the windows of an epoch are run now: what is logged then joins the record of the steps. */
  isStepping = false;
  validationDue: "step" | "epoch" | null = null;
  /** Validation values of this epoch, if there was one, and the step of it. */
  validated: { readonly step: number; readonly values: Readonly<Record<string, number>> } | null = null;
  readonly position: LoaderPosition = { source: undefined, samples: 0, isPassOpen: false, held: undefined, restored: undefined, toSkip: 0 };
  validationLoader: { source: BatchSource<unknown> | undefined; restored: StateRecord | undefined } = {
    source: undefined,
    restored: undefined,
  };

  // What `ready()` makes.
  model!: TrainedModel;
  optimizers: OptimizerSlot[] = [];
  /** What `ready()` loads. */
  evaluating!: typeof evaluating;
  /** What `fit` loads at its first call. */
  training: typeof training | undefined;
  stoppers: { readonly train?: EarlyStopper; readonly valid?: EarlyStopper } = {};
  metrics = { train: new MetricSet(), valid: new MetricSet() };
  declaredMetrics: Metrics = {};

  // What belongs to the running call.
  phase: Phase = "idle";
  fitCalls = 0;
  /** Whether any step of this fit had gradients. */
  hasTrained = false;
  readonly pending = new PendingScalars();
  activeSlot: OptimizerSlot | undefined;
  /** What the active optimizer trains, once its gradients are computed. */
  activeParameters: ReadonlyMap<string, tf.Variable> | undefined;
  pass = new StepPass();
  /** Weight of the running batch, 1 outside of steps; and its share of the window. */
  stepWeight = 1;
  lossScale = 1;
  accumulated = new Map<string, tf.Tensor>();
  evaluation: Evaluation | undefined;
  rawWeights: Weights | undefined;
  /** When this epoch and this fit began, or went on; and the seconds of the fit before that. */
  epochStart = 0;
  fitStart: number | undefined;
  fitSecondsBefore = 0;
  /** Whether the train stopper has seen this epoch. */
  isTrainStopperAsked = false;
  restoredFits = 0;
  startsFrom: "last" | "best" | "given" = "last";
  /** Norms of the gradients of steps on a device backend, to be read at the next logging point. */
  gradientNorms: { readonly norm: tf.Scalar; readonly step: number }[] = [];
  /** Gradients whose norm is known already. */
  checked: { readonly gradients: Gradients; readonly norm: number | tf.Scalar } | undefined;
  warnedOfNorm: number | undefined;
  /** Tensors that the loop made for the running batch or window; disposed at its end, also after a throw. */
  readonly #owned: tf.Tensor[] = [];
  #root: RandomStream;
  #rootSeed: number;

  readonly runName: string;
  /** Whether `computeMetrics` is overridden, so that outputs are joined for it. */
  readonly collectsOutputs: boolean;
  readonly cleanups = new Cleanups();
  isReady = false;
  folder: Promise<string> | undefined;

  constructor(
    trainer: TrainerMethods,
    options: ResolvedOptions,
    { runName, collectsOutputs }: { readonly runName: string; readonly collectsOutputs: boolean },
  ) {
    this.trainer = trainer;
    this.runName = runName;
    this.collectsOutputs = collectsOutputs;
    this.options = options;
    this.group = options.processGroup ?? soloGroup();
    this.stops = new StopRequests(this.group);
    this.console = new TrainerConsole(options.logger, this.group.rank > 0 ? "silent" : options.quiet ? "quiet" : "all");
    this.sinks = new LogSinks(this.console);
    this.logs = new LogHub(this);
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
    this.#rootSeed = this.seed;
    this.#root = RandomStream.fromSeed(this.seed);
  }

  /** The stream that all randomness of the run descends from. */
  get random(): RandomStream {
    if (this.#rootSeed !== this.seed) {
      this.#rootSeed = this.seed;
      this.#root = RandomStream.fromSeed(this.seed);
    }
    return this.#root;
  }

  get fit(): FitEntry | undefined {
    return this.fits[this.counters.fit - 1];
  }

  /** Whether fits of the restored state have not yet been reached by calls of `fit`. */
  get isReplaying(): boolean {
    return this.fitCalls < this.restoredFits;
  }

  /** Whether what the script logs now was logged before the restored state was saved, or will be when an interrupted run goes on. */
  get isPassingOver(): boolean {
    return this.isReplaying || (this.stops.isInterrupted && this.phase === "idle");
  }

  get clock(): ScheduleClock {
    return {
      step: this.counters.step,
      epochsDone: this.counters.globalEpoch - (this.isEpochRunning ? 1 : 0),
      totalSteps: this.fit?.totalSteps ?? undefined,
    };
  }

  /** Seconds that the running or last fit has taken, over all processes. */
  fitSeconds(): number {
    return this.fitSecondsBefore + (this.fitStart === undefined ? 0 : (performance.now() - this.fitStart) / 1000);
  }

  /** Which direction of a value is better: its metric's, else what its name says, else down. */
  directionOf(name: string): Mode {
    return this.declaredMetrics[name]?.direction ?? directionOf(name) ?? "min";
  }

  /** The randomness of one synchronous section: a function of its kind, seed, phase and counters, so that it needs no state of its own. */
  section(kind: string, index: number, firstSample: number, numSamples: number): SectionRandomness {
    const { phase, windows, group, counters } = this;
    const moment = phase === "train" ? windows : counters.step;
    return new SectionRandomness(
      () => this.random.split("section", kind, phase, moment, index, group.rank),
      () => this.random.split("dropout", kind, windows),
      firstSample,
      numSamples,
    );
  }

  /** After a throw: what was logged reaches the sinks, nothing stays on the device, and the other ranks do not wait for this one for ever. */
  async recover(error: unknown): Promise<void> {
    if (this.group.size > 1) this.group.abort(error);
    this.release();
    try {
      await this.pending.resolve();
      await this.logs.flushQueue();
    } catch {
      // The first error is the one to show.
    }
    for (const { norm } of this.gradientNorms) norm.dispose();
    this.gradientNorms = [];
    this.pending.dispose();
    this.logs.dispose();
    await this.sinks.flush();
  }

  ownOne(tensor: tf.Tensor): void {
    this.#owned.push(tensor);
  }

  own(tensors: Iterable<tf.Tensor>): void {
    for (const tensor of tensors) this.#owned.push(tensor);
  }

  /** The tensor belongs to somebody else from now on. */
  disown(tensor: tf.Tensor): void {
    const at = this.#owned.indexOf(tensor);
    if (at >= 0) this.#owned.splice(at, 1);
  }

  /** Disposes what the loop made for a batch or window. */
  release(): void {
    for (const tensor of this.#owned) tensor.dispose();
    this.#owned.length = 0;
    for (const gradient of this.accumulated.values()) gradient.dispose();
    this.accumulated.clear();
    this.stepWeight = 1;
    this.activeSlot = undefined;
    this.checked = undefined;
    if (this.pass.isOpen) this.pass = new StepPass();
  }
}

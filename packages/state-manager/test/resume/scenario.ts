// A run that uses all that a resume must bring back, with its checkpoints on disk.
import { hostTensor, RandomStream, type HostTensor, type StateRecord } from "@snapfit/base";
import { Trainer, EarlyStopper, type Gradients, type LogRecord, type NamedOptimizer, type StepResult } from "@snapfit/core";
import { arrays, loader, type DataLoader } from "@snapfit/data";
import { accuracy } from "@snapfit/metrics";
import { adamW, reduceOnPlateau, sgd, warmup } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { StateManager } from "../../src/index.js";

interface Batch {
  x: tf.Tensor2D;
  y: tf.Tensor1D;
}

interface Sample {
  readonly x: HostTensor<1, "float32">;
  readonly y: HostTensor<0, "int32">;
}

/** What happens at an event. */
export type EventKind = "step" | "skipped step" | "validation batch" | "epoch end";

/** 7 batches of 2 at most: windows of 6, 6 and 1 samples. */
const SAMPLES = 13;
/** Samples over all epochs before the windows that are skipped, one in each fit, and before one in which the head alone is. */
const SKIPPED = [SAMPLES + 6, 40 * SAMPLES];
const HEAD_SKIPPED = 3 * SAMPLES + 12;

class Scenario extends Trainer.addOn(StateManager)<Batch> {
  readonly events: EventKind[] = [];
  onEvent: (event: number) => void = () => undefined;
  readonly rows: LogRecord[] = [];

  protected override configureOptimizers(): Record<string, NamedOptimizer> {
    const isHead = (path: string): boolean => path.startsWith("head.");
    return {
      body: {
        optimizer: adamW({ learningRate: 2e-2 }),
        schedule: reduceOnPlateau({ factor: 0.7, patience: 1, threshold: 0.01 }),
        parameters: (path) => !isHead(path),
      },
      head: { optimizer: sgd({ learningRate: 5e-2, momentum: 0.9 }), schedule: warmup({ steps: 30 }), parameters: isHead },
    };
  }
  protected override configureEarlyStoppers() {
    return {
      valid: new EarlyStopper({ monitor: "loss", patience: 1000 }),
      train: new EarlyStopper({ monitor: "body_loss", patience: 1000 }),
    };
  }
  protected override configureMetrics() {
    return { train: { acc: accuracy() }, valid: { acc: accuracy() } };
  }
  protected override async setup(): Promise<void> {
    await super.setup();
    this.addLogSink({ name: "rows", write: (record) => void (record.kind === "config" || this.rows.push(record)) }); // one config for each process
  }
  protected override transformBatch({ x, y }: Batch): Batch {
    const random = this.randomStream("jitter");
    const jitter = Float32Array.from({ length: x.size }, () => 0.1 * random.normal());
    return { x: x.add(tf.tensor2d(jitter, x.shape)), y };
  }
  protected override trainingStep({ x, y }: Batch, index: number, name: string): StepResult {
    if (name === "head" && index < 6) return {}; // the head rests but in the last window of an epoch
    const scores = this.dropout(this.forward<tf.Tensor2D>(x), 0.1);
    const loss = meanSquare(scores, y);
    if (name === "head") return { loss };
    this.log("mean input", x.mean());
    if (index === 4) this.logText("note", `batch 4 at step ${this.progress.step}, ${Math.random()}`);
    return { loss, outputs: { scores, labels: y } };
  }
  protected override validationStep({ x, y }: Batch): StepResult {
    const scores = this.forward<tf.Tensor2D>(x);
    this.log("largest score", scores.max());
    return { loss: meanSquare(scores, y), outputs: { scores, labels: y } };
  }
  protected override async unscaleGradients(gradients: Gradients): Promise<Gradients | null> {
    const unscaled = await super.unscaleGradients(gradients);
    const { samples } = this.progress;
    return SKIPPED.includes(samples) || (samples === HEAD_SKIPPED && this.activeOptimizer === "head") ? null : unscaled;
  }
  protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
    await super.onOptimizerStep(step);
    this.#happened(step.skipped ? "skipped step" : "step");
  }
  protected override onValidationBatchEnd(): void {
    this.#happened("validation batch");
  }
  protected override onTrainEpochEnd(): void {
    if (this.progress.globalEpoch % 10 === 0) this.#happened("epoch end");
  }

  #happened(event: EventKind): void {
    this.onEvent(this.events.push(event));
  }
}

/** Of the distances to one-hot labels. */
function meanSquare(scores: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.squaredDifference(scores, tf.oneHot(labels, 3)).mean();
}

/** Three classes of points, with noise of the loader's own in training; answered with promises, so that batches are made ahead. */
function points(count: number, seed: number, batchSize: number, isTraining: boolean): DataLoader<Batch> {
  const random = RandomStream.fromSeed(seed);
  const x = new Float32Array(count * 4);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = (y[i] = random.integer(3));
    for (let j = 0; j < 4; j++) x[4 * i + j] = random.normal() + (j === label ? 1.5 : 0);
  }
  const set = arrays({ x: hostTensor(x, [count, 4]), y });
  const plain = { batchSize, prefetch: 4 };
  const augmented = {
    ...plain,
    shuffle: true,
    seed: 3,
    transform: async ({ x: point, y: label }: Sample, { random: noise }: { readonly random: RandomStream }) => ({
      x: hostTensor(
        point.data.map((value) => value * (1 + 0.1 * noise.normal())),
        [4],
      ),
      y: label,
    }),
  };
  return loader(set as never, isTraining ? augmented : plain) as unknown as DataLoader<Batch>;
}

/** What a run has left behind. */
export interface Outcome {
  /** Of the newest checkpoint. */
  readonly hash: string;
  /** Without what depends on the clock. */
  readonly state: StateRecord;
  readonly rows: readonly LogRecord[];
  readonly events: readonly EventKind[];
}

/** How a run is started. */
export interface Job {
  readonly outputDir: string;
  readonly device: string;
  /** Event at which an AbortSignal stops it, from 1; 0 stops it before it has begun. @default goes to its end */
  readonly stopAt?: number;
  /** Whether a thread writes the checkpoints. @default false: it takes a second to start */
  readonly isAsync?: boolean;
}

/** 200 steps in two fits, the second one from the best weights and by a number of steps; validated every 7 steps. */
export async function runScenario({ outputDir, device, stopAt, isAsync = false }: Job): Promise<Outcome> {
  const trainer = new Scenario({
    model: () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ name: "hidden", units: 5, inputShape: [4], activation: "tanh" }),
          tf.layers.dropout({ name: "dropout", rate: 0.2 }),
          tf.layers.batchNormalization({ name: "norm" }),
          tf.layers.dense({ name: "head", units: 3 }),
        ],
      }),
    clip: { norm: 1 },
    accumulate: 3,
    seed: 11,
    device,
    logEvery: 4,
    quiet: true,
    signals: false,
    outputDir,
    stateManager: { everyEpochs: 10, keep: 2, async: isAsync },
  });
  const controller = new AbortController();
  trainer.onEvent = (event) => event === stopAt && controller.abort("stopped by the test");
  if (stopAt === 0) controller.abort("stopped by the test");
  const train = points(SAMPLES, 1, 2, true);
  const validation = points(7, 2, 4, false);
  const options = { train, validation, validateEvery: { steps: 7 }, signal: controller.signal };
  let { interrupted } = await trainer.fit({ ...options, epochs: 27 });
  if (!interrupted) {
    await trainer.useBest();
    ({ interrupted } = await trainer.fit({ ...options, steps: 120 }));
  }
  const { environment: _, ...state } = await trainer.captureState();
  const { hash } = trainer.stateManager.list().at(-1)!;
  const { rows, events } = trainer;
  await trainer.close();
  (trainer.model as tf.LayersModel).dispose();
  return { hash, state, rows, events };
}

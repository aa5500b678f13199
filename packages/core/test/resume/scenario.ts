import type { StateRecord } from "@snapfit/base";
import { hostTensor, RandomStream } from "@snapfit/base";
import { arrays, loader } from "@snapfit/data";
import { adamW, reduceOnPlateau } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import {
  EarlyStopper,
  defineAddOn,
  Trainer,
  type AddOnBase,
  type Adds,
  type EpochMetrics,
  type EvaluationPhase,
  type Gradients,
  type LogRecord,
  type StepResult,
  type Weights,
} from "../../src/index.js";

/** An average of the weights after every step, used in validation: all of its state goes through `saveState`. */
const ToyEma = defineAddOn({
  name: "ToyEma",
  apply(Base: AddOnBase): Adds {
    abstract class ToyEmaTrainer extends Base {
      #averages: Weights | undefined;
      protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
        await super.onOptimizerStep(step);
        if (step.skipped) return;
        const weights = await this.modelWeights();
        const before = this.#averages ?? weights;
        this.#averages = Object.fromEntries(
          Object.entries(weights).map(([path, { data, ...rest }]) => [
            path,
            { ...rest, data: Float32Array.from(data, (value, i) => 0.8 * before[path]!.data[i]! + 0.2 * value) },
          ]),
        ) as Weights;
      }
      protected override async runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
        return this.#averages ? this.withWeights(this.#averages, () => super.runEvaluation(phase)) : super.runEvaluation(phase);
      }
      protected override async modelStateForUse(): Promise<Weights> {
        return this.#averages ?? super.modelStateForUse();
      }
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), toyEma: { averages: this.#averages ?? null } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        this.#averages = ((state["toyEma"] as { averages: Weights | null } | undefined)?.averages ?? undefined) as Weights | undefined;
      }
    }
    return ToyEmaTrainer;
  },
});

interface Batch {
  x: tf.Tensor2D;
  y: tf.Tensor1D;
}

/** Counts what happens, so that a run can be stopped at any event. */
class Scenario extends Trainer.addOn(ToyEma)<Batch> {
  events = 0;
  onEvent: (event: number) => void = () => undefined;
  readonly rows: LogRecord[] = [];

  protected override trainingStep({ x, y }: Batch): StepResult {
    const logits = this.dropout(this.forward<tf.Tensor2D>(x), 0.1);
    this.log("meanInput", x.mean());
    return { loss: tf.losses.softmaxCrossEntropy(tf.oneHot(y, 3), logits), acc: logits.argMax(1).equal(y).mean() };
  }
  protected override validationStep({ x, y }: Batch): StepResult {
    const logits = this.forward<tf.Tensor2D>(x);
    return { loss: tf.losses.softmaxCrossEntropy(tf.oneHot(y, 3), logits), acc: logits.argMax(1).equal(y).mean() };
  }
  protected override configureEarlyStoppers(): { valid: EarlyStopper } {
    return { valid: new EarlyStopper({ monitor: "loss", patience: 100 }) };
  }
  protected override async setup(): Promise<void> {
    await super.setup();
    this.addLogSink({ name: "rows", write: (record) => void (record.kind === "config" || this.rows.push(record)) });
  }
  protected override async unscaleGradients(gradients: Gradients): Promise<Gradients | null> {
    const unscaled = await super.unscaleGradients(gradients);
    if (this.progress.samples === 24 + 12) {
      // in the middle of the first epoch: a step that is skipped
      return null;
    }
    return unscaled;
  }
  protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
    await super.onOptimizerStep(step);
    this.onEvent(++this.events);
  }
  protected override onValidationBatchEnd(): void {
    this.onEvent(++this.events);
  }
}

function samples(count: number, seed: number) {
  const random = RandomStream.fromSeed(seed);
  const x = new Float32Array(count * 4);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = (y[i] = random.integer(3));
    for (let j = 0; j < 4; j++) x[4 * i + j] = random.normal() + (j === label ? 2 : 0);
  }
  return arrays({ x: hostTensor(x, [count, 4]), y });
}

/** What a run has left behind. */
export interface Outcome {
  readonly state: StateRecord;
  readonly rows: readonly LogRecord[];
  readonly events: number;
}

/** The run: 2 fits of 2 and 3 epochs; 10 batches of 4 an epoch, windows of 3, so that the last one is short. */
export async function runScenario({
  stopAt,
  from,
  device = "cpu",
}: { readonly stopAt?: number; readonly from?: StateRecord; readonly device?: string } = {}): Promise<Outcome> {
  const trainer = new Scenario({
    model: () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units: 6, inputShape: [4], activation: "tanh" }),
          tf.layers.dropout({ rate: 0.2 }),
          tf.layers.batchNormalization(),
          tf.layers.dense({ units: 3 }),
        ],
      }),
    optimizer: adamW({ learningRate: 1e-2 }),
    schedule: reduceOnPlateau({ factor: 0.5, patience: 0, threshold: 0.02 }),
    clip: { norm: 1 },
    accumulate: 3,
    seed: 11,
    device,
    logEvery: 3,
    quiet: true,
    signals: false,
  });
  const controller = new AbortController();
  trainer.onEvent = (event) => event === stopAt && controller.abort("stopped by the test");
  await trainer.ready();
  if (from) await trainer.applyState(from);
  const train = loader(samples(38, 1), { batchSize: 4, shuffle: true, seed: 3, prefetch: 4 });
  const validation = loader(samples(15, 2), { batchSize: 5 });
  const options = { train, validation, validateEvery: { steps: 5 }, signal: controller.signal };
  let { interrupted } = await trainer.fit({ ...options, epochs: 2 });
  if (!interrupted) ({ interrupted } = await trainer.fit({ ...options, epochs: 3 }));
  const state = await trainer.captureState();
  await trainer.close();
  const { environment: _, ...exact } = state;
  return { state: exact, rows: trainer.rows, events: trainer.events };
}

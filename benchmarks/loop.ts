import { RandomStream, hostTensor } from "@snapfit/base";
import {
  defineAddOn,
  Trainer,
  type AddOnBase,
  type Adds,
  type BatchOutputs,
  type Gradients,
  type SavePointKind,
  type StepResult,
  type Window,
} from "@snapfit/core";
import { adamW, cosine } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { inTurn, row, type Benchmark } from "./row.js";

interface Batch {
  x: tf.Tensor2D;
  y: tf.Tensor2D;
}

/** An add-on that overrides every method of a step and does nothing in them. */
function everyMethod<const Name extends string>(name: Name) {
  return defineAddOn({
    name,
    apply(Base: AddOnBase): Adds {
      abstract class EveryMethod extends Base {
        protected override async runStep(window: Window): Promise<void> {
          await super.runStep(window);
        }
        protected override async computeGradients(window: Window): Promise<Gradients | undefined> {
          return await super.computeGradients(window);
        }
        protected override transferBatch(batch: unknown): unknown {
          return super.transferBatch(batch);
        }
        protected override transformBatch(batch: unknown): unknown {
          return super.transformBatch(batch);
        }
        protected override async onTrainBatchStart(batch: unknown, index: number): Promise<void> {
          await super.onTrainBatchStart(batch, index);
        }
        protected override computeLoss(batch: unknown, index: number): StepResult {
          return super.computeLoss(batch, index);
        }
        protected override scaleLoss(loss: tf.Tensor): tf.Tensor {
          return super.scaleLoss(loss);
        }
        protected override accumulateGradients(gradients: Gradients): void {
          super.accumulateGradients(gradients);
        }
        protected override async onTrainBatchEnd(outputs: BatchOutputs, batch: unknown, index: number): Promise<void> {
          await super.onTrainBatchEnd(outputs, batch, index);
        }
        protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
          return await super.reduceGradients(gradients);
        }
        protected override async unscaleGradients(gradients: Gradients): Promise<Gradients | null> {
          return await super.unscaleGradients(gradients);
        }
        protected override clipGradients(gradients: Gradients): Gradients {
          return super.clipGradients(gradients);
        }
        protected override applyGradients(gradients: Gradients): void {
          super.applyGradients(gradients);
        }
        protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
          await super.onOptimizerStep(step);
        }
        protected override async savePoint(kind: SavePointKind): Promise<void> {
          await super.savePoint(kind);
        }
      }
      return EveryMethod;
    },
  });
}

const Ten = Trainer.addOn(
  everyMethod("A"),
  everyMethod("B"),
  everyMethod("C"),
  everyMethod("D"),
  everyMethod("E"),
  everyMethod("F"),
  everyMethod("G"),
  everyMethod("H"),
  everyMethod("I"),
  everyMethod("J"),
);

/** The tiny model of both sides: one matrix, so that the loop is what is measured. */
class Linear {
  readonly kernel = tf.tidy(() => tf.variable(tf.randomNormal([4, 1], 0, 0.1, "float32", 5)));
  parameters(): Map<string, tf.Variable> {
    return new Map([["kernel", this.kernel]]);
  }
}

class Tiny extends Ten<Batch> {
  readonly #kernel: tf.Variable;
  constructor(model: Linear) {
    super({
      model,
      optimizer: adamW({ learningRate: 1e-3 }),
      schedule: cosine(),
      clip: { norm: 1000 },
      device: "cpu",
      seed: 1,
      quiet: true,
      signals: false,
    });
    this.#kernel = model.kernel;
  }
  protected override async setup(): Promise<void> {
    await super.setup();
    this.addLogSink({ name: "null", write: () => undefined });
  }
  protected override trainingStep({ x, y }: Batch): StepResult {
    return { loss: tf.mean(tf.squaredDifference(tf.matMul(x, this.#kernel as tf.Tensor2D), y)) };
  }
}

const random = RandomStream.fromSeed(1);
const batches = Array.from({ length: 1000 }, () => ({
  x: hostTensor(
    Float32Array.from({ length: 32 }, () => random.normal()),
    [8, 4],
  ),
  y: hostTensor(
    Float32Array.from({ length: 8 }, () => random.normal()),
    [8, 1],
  ),
}));
async function* loader() {
  for (const batch of batches) yield batch;
}

/** The loop that one would write by hand, with the same optimizer and loader. */
async function byHand(model: Linear, optimizer: ReturnType<typeof adamW>): Promise<void> {
  const parameters = model.parameters();
  const losses: tf.Scalar[] = [];
  for await (const batch of loader()) {
    const x = tf.tensor2d(batch.x.data, [8, 4]);
    const y = tf.tensor2d(batch.y.data, [8, 1]);
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.squaredDifference(tf.matMul(x, model.kernel as tf.Tensor2D), y)),
      [model.kernel],
    );
    optimizer.apply(new Map([["kernel", grads[model.kernel.name]!]]), parameters, 1);
    tf.dispose([x, y, grads]);
    losses.push(value);
    if (losses.length === 50) {
      await Promise.all(losses.map((loss) => loss.data()));
      tf.dispose(losses.splice(0));
    }
  }
  tf.dispose(losses);
}

const STEPS = 1000;

/** The cost of the loop: `fit` with ten add-ons, a schedule, clipping and a log sink, against a loop by hand. */
export default {
  title: `Cost of the loop: milliseconds for ${STEPS} steps of a 4 x 1 linear model, cpu backend; fit with ten add-ons that override every method of a step, against a loop written by hand`,
  async run() {
    const trainer = new Tiny(new Linear());
    await trainer.ready();
    const handModel = new Linear();
    const handOptimizer = adamW({ learningRate: 1e-3 });
    const timed = async (body: () => Promise<unknown>): Promise<number> => {
      const start = performance.now();
      await body();
      return performance.now() - start;
    };
    const times = await inTurn(20, 3, {
      "by hand": () => timed(() => byHand(handModel, handOptimizer)),
      snapfit: () => timed(() => trainer.fit({ train: loader, steps: STEPS })),
    });
    await trainer.close();
    return Object.entries(times).map(([engine, timesMs]) => row(`loop-${STEPS}-steps`, engine, timesMs));
  },
} satisfies Benchmark;

import { Trainer, type OptimizerConfiguration, type StepResult, type TrainerOptions } from "@snapfit/core";
import { adam, adamW } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { tinyClassifier } from "./tiny-models.js";

/** A batch of {@link seededClasses}: x [batch, features], y [batch]. */
export interface ClassBatch {
  readonly x: tf.Tensor2D;
  readonly y: tf.Tensor1D;
}

/** A batch of {@link seededValues}: x [batch, features], y [batch, 1]. */
export interface ValueBatch {
  readonly x: tf.Tensor2D;
  readonly y: tf.Tensor2D;
}

/** Trains a classifier on batches of `seededClasses`: softmax cross-entropy `loss`, accuracy `acc`; logits and labels are outputs of validation. */
export class TinyTrainer extends Trainer<ClassBatch> {
  protected override trainingStep(batch: ClassBatch, _index?: number, _name?: string): StepResult {
    return this.#scores(batch).scalars;
  }
  protected override validationStep(batch: ClassBatch, _index?: number): StepResult {
    const { scalars, logits } = this.#scores(batch);
    return { ...scalars, outputs: { logits, labels: batch.y } };
  }

  #scores({ x, y }: ClassBatch): { readonly scalars: { readonly loss: tf.Tensor; readonly acc: tf.Tensor }; readonly logits: tf.Tensor2D } {
    const logits = this.forward<tf.Tensor2D>(x);
    const loss = tf.losses.softmaxCrossEntropy(tf.oneHot(y, logits.shape[1]), logits);
    return { logits, scalars: { loss, acc: tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), y), "float32")) } };
  }
}

/** Trains a regressor on batches of `seededValues`: mean squared error `loss`. */
export class TinyRegressionTrainer extends Trainer<ValueBatch> {
  protected override trainingStep({ x, y }: ValueBatch, _index?: number, _name?: string): StepResult {
    return { loss: tf.losses.meanSquaredError(y, this.forward<tf.Tensor2D>(x)) };
  }
  protected override validationStep({ x, y }: ValueBatch, _index?: number): StepResult {
    return { loss: tf.losses.meanSquaredError(y, this.forward<tf.Tensor2D>(x)) };
  }
}

/** Trains {@link dummyModel}: a batch is a pair x [batch, 10], y [batch, 1]; validation returns `outputs` and `targets`; Adam at 0.001. */
export class DummyTrainer extends Trainer<readonly [x: tf.Tensor2D, y: tf.Tensor2D]> {
  protected override trainingStep([x, y]: readonly [tf.Tensor2D, tf.Tensor2D], _index?: number, _name?: string): StepResult {
    return { loss: tf.losses.meanSquaredError(y, this.forward<tf.Tensor2D>(x)) };
  }
  protected override validationStep([x, y]: readonly [tf.Tensor2D, tf.Tensor2D], _index?: number): StepResult {
    const outputs = this.forward<tf.Tensor2D>(x);
    return { loss: tf.losses.meanSquaredError(y, outputs), outputs: { outputs, targets: y } };
  }
  protected override configureOptimizers(): OptimizerConfiguration {
    return { optimizer: adam({ learningRate: 0.001 }) };
  }
}

/** Options for a trainer in a test: a tiny classifier, AdamW, a seed, the cpu backend, no output and no signal handlers; given ones win. */
export function tinyOptions<const Given extends Partial<TrainerOptions>>(given: Given = {} as Given): TrainerOptions & Given {
  return {
    model: () => tinyClassifier(),
    optimizer: adamW({ learningRate: 0.02 }),
    seed: 7,
    device: "cpu",
    quiet: true,
    signals: false,
    ...given,
  };
}

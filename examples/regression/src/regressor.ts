import type { HostOutputs } from "@snapfit/base";
import { EarlyStopper, Trainer, type StepResult } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import type { Scales } from "./scales.js";

export interface Batch {
  /** [rows, columns] as they are in the table. */
  readonly inputs: tf.Tensor2D;
  readonly targets: tf.Tensor1D;
}

/** Learns one number for each row. Inputs and targets stay in their units; the network inside sees them standardised. */
export class Regressor extends Trainer<Batch> {
  /** Of the training rows. To be set before training. */
  scales!: { readonly inputs: Scales; readonly targets: Scales };

  protected override trainingStep({ inputs, targets }: Batch): StepResult {
    return { loss: this.lossOf(this.predictTargets(inputs), targets) };
  }

  protected override validationStep({ inputs, targets }: Batch): StepResult {
    const predicted = this.predictTargets(inputs);
    return { loss: this.lossOf(predicted, targets), outputs: { predicted, targets } };
  }

  protected override predictStep({ inputs }: Batch): tf.Tensor {
    return this.predictTargets(inputs);
  }

  protected override configureEarlyStoppers(): { valid: EarlyStopper } {
    return { valid: new EarlyStopper({ monitor: "rmse", mode: "min", patience: 10 }) };
  }

  /** Root of the mean squared error in the targets' unit, and the share of their variance that is explained. */
  protected override computeMetrics({ predicted, targets }: HostOutputs): { rmse: number; r2: number } {
    const [found, wanted] = [predicted!.data as Float32Array, targets!.data as Float32Array];
    const mean = wanted.reduce((sum, value) => sum + value, 0) / wanted.length;
    let errors = 0;
    let spread = 0;
    wanted.forEach((value, row) => {
      errors += (value - found[row]!) ** 2;
      spread += (value - mean) ** 2;
    });
    return { rmse: Math.sqrt(errors / wanted.length), r2: 1 - errors / spread };
  }

  private predictTargets(inputs: tf.Tensor2D): tf.Tensor1D {
    const { inputs: given, targets } = this.scales;
    const standardised = tf.div<tf.Tensor2D>(tf.sub(inputs, given.means), given.deviations);
    const predicted = tf.squeeze<tf.Tensor1D>(this.forward<tf.Tensor2D>(standardised), [1]);
    return tf.add(tf.mul(predicted, targets.deviations[0]!), targets.means[0]!);
  }

  private lossOf(predicted: tf.Tensor1D, targets: tf.Tensor1D): tf.Tensor {
    return tf.div(tf.losses.meanSquaredError(targets, predicted), this.scales.targets.deviations[0]! ** 2);
  }
}

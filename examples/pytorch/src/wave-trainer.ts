import { hostTensor } from "@snapfit/base";
import { Trainer, type StepResult } from "@snapfit/core";
import { adamW } from "@snapfit/optim";
import { StateManager } from "@snapfit/state-manager";
import * as tf from "@tensorflow/tfjs";

interface Batch {
  x: tf.Tensor2D;
  y: tf.Tensor2D;
}

class Wave extends Trainer<Batch> {
  protected override trainingStep({ x, y }: Batch): StepResult {
    return { loss: tf.losses.meanSquaredError(y, this.forward<tf.Tensor2D>(x)) };
  }
}

/** 64 points that continue.py makes by the same formula: x[i][j] = sin(4 i + j), y[i] = x[i][0] x[i][1] + x[i][2]. */
export function waveBatch() {
  const x = Float32Array.from({ length: 256 }, (_, index) => Math.sin(index));
  const y = Float32Array.from({ length: 64 }, (_, i) => x[4 * i]! * x[4 * i + 1]! + x[4 * i + 2]!);
  return { x: hostTensor(x, [64, 4]), y: hostTensor(y, [64, 1]) };
}

/** A small perceptron with AdamW, whose checkpoints stand in `folder`. */
export function waveTrainer(folder: string) {
  return new (Wave.addOn(StateManager))({
    model: () =>
      tf.sequential({
        layers: [tf.layers.dense({ units: 16, inputShape: [4], activation: "tanh" }), tf.layers.dense({ units: 1 })],
      }),
    optimizer: adamW({ learningRate: 0.01, weightDecay: 0.01 }),
    seed: 7,
    device: "cpu",
    quiet: true,
    outputDir: folder,
    runName: "wave",
  });
}

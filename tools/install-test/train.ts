// Runs in an empty project that holds nothing but the packed packages and TensorFlow.js: two steps of training.
import { hostTensor } from "@snapfit/base";
import { Trainer } from "@snapfit/core";
import { arrays, loader } from "@snapfit/data";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";

class LineTrainer extends Trainer<{ x: tf.Tensor2D; y: tf.Tensor2D }> {
  protected override trainingStep({ x, y }: { x: tf.Tensor2D; y: tf.Tensor2D }) {
    return { loss: tf.losses.meanSquaredError(y, this.forward(x)) as tf.Scalar };
  }
}

// y = 2 x, and a line that starts at 0: the first loss is the mean of (2 x)^2.
const x = Float32Array.from({ length: 16 }, (_, index) => index / 16);
const points = arrays({
  x: hostTensor(x, [16, 1]),
  y: hostTensor(
    x.map((each) => 2 * each),
    [16, 1],
  ),
});
const trainer = new LineTrainer({
  model: () => tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: "zeros" })] }),
  optimizer: sgd({ learningRate: 0.1 }),
  device: "cpu",
  seed: 7,
  quiet: true,
});
await trainer.fit({ train: loader(points, { batchSize: 16 }), steps: 2 });
await trainer.close();
const [first, second] = trainer.history.train["loss"] ?? [];
if (first === undefined || Math.abs(first - 1.2109375) > 1e-5) throw new Error(`the first loss is ${first}`);
if (second === undefined || !(second < first)) throw new Error(`the loss went from ${first} to ${second}`);

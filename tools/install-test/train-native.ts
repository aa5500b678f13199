// Runs in an empty project beside the packed packages, without any environment: training on the native engine and its own libraries.
import { readFileSync } from "node:fs";
import { hostTensor } from "@snapfit/base";
import { Trainer } from "@snapfit/core";
import { arrays, loader } from "@snapfit/data";
import { doctor, nativeStatus } from "@snapfit/native";
import { adam } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";

interface Batch {
  image: tf.Tensor4D;
  label: tf.Tensor1D;
}

class StripeTrainer extends Trainer<Batch> {
  protected override trainingStep({ image, label }: Batch) {
    const logits = this.forward<tf.Tensor2D>(image);
    return { loss: tf.losses.softmaxCrossEntropy(tf.oneHot(label.toInt(), 2), logits) as tf.Scalar };
  }
}

// Stripes that lie or stand.
const numImages = 64;
const pixels = Float32Array.from({ length: numImages * 64 }, (_, index) => {
  const [image, row, column] = [index >> 6, (index >> 3) & 7, index & 7];
  return (image % 2 === 0 ? row : column) % 2;
});
const labels = Float32Array.from({ length: numImages }, (_, index) => index % 2);
const stripes = arrays({ image: hostTensor(pixels, [numImages, 8, 8, 1]), label: hostTensor(labels, [numImages]) });

const trainer = new StripeTrainer({
  model: () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 8, kernelSize: 3, activation: "relu", inputShape: [8, 8, 1] }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 2 }),
      ],
    }),
  optimizer: adam({ learningRate: 0.02 }),
  seed: 7,
  quiet: true,
});
await trainer.fit({ train: loader(stripes, { batchSize: 16 }), epochs: 10 });
await trainer.close();

const losses = trainer.history.train["loss"] ?? [];
const [first, last] = [losses[0] ?? Number.NaN, losses.at(-1) ?? Number.NaN];
if (!(last < first / 4)) throw new Error(`the loss went from ${first} to ${last}`);
if (tf.getBackend() !== "native") throw new Error(`device "auto" took ${tf.getBackend()}: ${nativeStatus().problem?.message}`);
const folder = `${process.cwd()}/node_modules/@snapfit/native-${process.platform}-${process.arch}/`;
for (const library of ["snapfit-", "libdnnl.so", "libgomp"]) {
  const loaded = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes(library));
  const strangers = loaded.filter((line) => !line.includes(folder));
  if (loaded.length === 0 || strangers.length > 0) throw new Error(`${library}: ${strangers[0] ?? "not loaded"}`);
}
if (!(await doctor()).text.includes("Training would run on native")) throw new Error((await doctor()).text);

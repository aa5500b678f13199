// Runs in a process of its own, to be killed: trains a model whose state has over 8 MB, goes on where the one before it was, and says so in lines.
import { writeSync } from "node:fs";
import { hostTensor, RandomStream } from "@snapfit/base";
import type { SavePointKind } from "@snapfit/core";
import { adamW } from "@snapfit/optim";
import { tinyLoader, TinyTrainer } from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { StateManager, type CheckpointFormat } from "../../src/index.js";

const [directory, epochs, format, writer] = process.argv.slice(2) as [string, string, CheckpointFormat, "thread" | "inline"];
const say = (line: string): void => void writeSync(1, `${line}\n`); // at once: a kill loses no line

function samples(numSamples: number, seed: number) {
  const random = RandomStream.fromSeed(seed);
  const x = Float32Array.from({ length: numSamples * 4 }, () => random.normal());
  return {
    x: hostTensor(x, [numSamples, 4]),
    y: hostTensor(
      Int32Array.from({ length: numSamples }, () => random.integer(3)),
      [numSamples],
    ),
  };
}

class Run extends TinyTrainer.addOn(StateManager) {
  protected override savePoint(kind: SavePointKind): void | Promise<void> {
    say("saving"); // every save point is due
    return super.savePoint(kind);
  }
}

await using trainer = new Run({
  // 550 000 weights, and the same twice in AdamW and once as the best: 8.8 MB.
  model: () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ units: 64, inputShape: [4], activation: "tanh" }),
        tf.layers.dense({ units: 8192, activation: "tanh" }),
        tf.layers.dense({ units: 3 }),
      ],
    }),
  optimizer: adamW({ learningRate: 0.001 }),
  seed: 7,
  device: "cpu",
  quiet: false,
  logger: { debug: say, info: say, warning: say, error: say },
  signals: false,
  runName: "killed",
  outputDir: directory,
  stateManager: { directory: `${directory}/checkpoints`, format, async: writer === "thread", everySteps: 1, keep: 2, onSaveError: "stop" },
});
await trainer.ready();
say(`training from ${trainer.progress.step}`);
await trainer.fit({
  train: tinyLoader(samples(12, 1), { batchSize: 2, shuffle: true }),
  validation: tinyLoader(samples(4, 2), { batchSize: 4 }),
  epochs: Number(epochs),
});
say(`ended with ${trainer.stateManager.list().at(-1)!.hash}`);

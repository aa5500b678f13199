import { ClassificationTrainer, type Mistake } from "@snapfit/classification";
import { kFold, loader, subset, type RandomAccess } from "@snapfit/data";
import { adamW, cosine } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { encode, learnScales, NUM_FEATURES } from "./features.js";
import { speciesNames, type Penguins } from "./penguins.js";

/** What became of one fold. */
export interface FoldResult {
  readonly numBirds: number;
  readonly mistakes: readonly Mistake[];
}

/** Trains a small network on each fold's training birds and asks it for the others: every bird is judged once, by a network that has not seen it. */
export async function* crossValidate(penguins: Penguins, folds: number, seed: number): AsyncGenerator<FoldResult> {
  const birds = { length: penguins.species.length, at: (index: number) => index };
  for (const { train, validation } of kFold(birds, { folds, seed, stratifyBy: penguins.species })) {
    const [learners, others] = [await samplesOf(train), await samplesOf(validation)];
    const samples = encode(penguins, learnScales(penguins, learners));
    await using trainer = new ClassificationTrainer<{ features: tf.Tensor2D; species: tf.Tensor1D }>({
      model: () =>
        tf.sequential({
          layers: [
            tf.layers.dense({ units: 32, activation: "relu", inputShape: [NUM_FEATURES] }),
            tf.layers.dropout({ rate: 0.1 }),
            tf.layers.dense({ units: speciesNames.length }),
          ],
        }),
      numClasses: speciesNames.length,
      classNames: [...speciesNames],
      imageKey: "features",
      labelKey: "species",
      optimizer: adamW({ learningRate: 0.01, weightDecay: 0.01 }),
      schedule: cosine(),
      seed,
      device: "cpu", // 500 weights: any engine would mostly wait
      quiet: true,
    });
    await trainer.fit({ train: loader(subset(samples, learners), { batchSize: 16, shuffle: true, seed }), epochs: 20 });
    await trainer.test(loader(subset(samples, others), { batchSize: 64 }));
    yield { numBirds: validation.length, mistakes: trainer.worstMistakes(Infinity) };
  }
}

function samplesOf<Sample>(set: RandomAccess<Sample>): Promise<Sample[]> {
  return Promise.all(Array.from({ length: set.length }, (_, index) => set.at(index)));
}

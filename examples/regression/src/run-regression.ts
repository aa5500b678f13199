import { arrays, loader, split } from "@snapfit/data";
import { adamW, cosine } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { Regressor } from "./regressor.js";
import { scalesOf } from "./scales.js";
import type { Table } from "./tables.js";

/** What the test rows say; errors are in the targets' unit. */
export interface RegressionResult {
  readonly numTestRows: number;
  readonly rmse: number;
  readonly r2: number;
  /** Of one who always says the training rows' mean. */
  readonly baselineRmse: number;
}

/** Trains on 70 % of the rows, keeps the weights that are best on 15 %, and judges them on the other 15 %. */
export async function runRegression(
  { inputs, targets }: Table,
  { seed, quiet }: { seed: number; quiet: boolean },
): Promise<RegressionResult> {
  const [train, validation, test] = split(arrays({ inputs, targets }), [0.7, 0.15, 0.15], { seed });
  const numColumns = inputs.shape[1];
  const learned = await train.gather(Uint32Array.from({ length: train.length }, (_, row) => row));
  await using trainer = new Regressor({
    model: () =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units: 64, activation: "relu", inputShape: [numColumns] }),
          tf.layers.dense({ units: 64, activation: "relu" }),
          tf.layers.dense({ units: 1 }),
        ],
      }),
    optimizer: adamW({ learningRate: 0.003, weightDecay: 0.01 }),
    schedule: cosine(),
    seed,
    quiet,
  });
  trainer.scales = { inputs: scalesOf(learned.inputs.data, numColumns), targets: scalesOf(learned.targets.data) };
  await trainer.fit({
    train: loader(train, { batchSize: 32, shuffle: true, seed }),
    validation: loader(validation, { batchSize: 256 }),
    epochs: 30,
  });
  await trainer.useBest();
  const { rmse, r2 } = await trainer.test(loader(test, { batchSize: 256 }));
  const held = await test.gather(Uint32Array.from({ length: test.length }, (_, row) => row));
  const [mean] = trainer.scales.targets.means;
  const squares = held.targets.data.reduce((sum, value) => sum + (value - mean!) ** 2, 0);
  return { numTestRows: test.length, rmse: rmse!, r2: r2!, baselineRmse: Math.sqrt(squares / test.length) };
}

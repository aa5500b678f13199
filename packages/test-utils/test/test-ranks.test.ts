import { hostTensor, type ProcessGroup } from "@snapfit/base";
import { Trainer, type StepResult } from "@snapfit/core";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { onRanks, seededClasses, TestRanks, tinyClassifier, tinyLoader, tinyOptions, TinyTrainer } from "../src/index.js";
import "./vitest-matchers.js";

const Ranked = TinyTrainer.addOn(TestRanks);
const train = seededClasses({ numSamples: 22 });
const validation = seededClasses({ numSamples: 9, seed: 2 });

interface Setting {
  readonly accumulate?: number;
  readonly dropout?: number;
  readonly numSamples?: number;
}

/** Two epochs; what they leave behind. */
async function run(batchSize: number, { accumulate = 1, dropout = 0, numSamples = 22 }: Setting, processGroup?: ProcessGroup) {
  const trainer = new Ranked(
    tinyOptions({
      model: () => tinyClassifier({ dropout }),
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
      accumulate,
      clip: { norm: 0.5 },
      ...(processGroup && { processGroup }),
    }),
  );
  await trainer.fit({
    train: tinyLoader(seededClasses({ numSamples }), { batchSize, shuffle: true }),
    validation: tinyLoader(validation, { batchSize }),
    epochs: 2,
  });
  const { perRank: _, ...shared } = await trainer.saveState();
  const predictions = await trainer.predictAll(tinyLoader(validation, { batchSize }));
  await trainer.close();
  return {
    weights: await trainer.modelWeights(),
    history: trainer.history,
    progress: { ...trainer.progress, batch: 0 },
    shared,
    predictions,
  };
}

test.each<[string, Setting]>([
  ["plain", {}],
  ["with dropout", { dropout: 0.3 }],
  ["with windows of two batches, the last one short", { accumulate: 2 }],
  ["with both", { accumulate: 2, dropout: 0.3 }],
  ["when a rank has no batch for the last step", { numSamples: 17 }],
  ["when a rank has no batch for the last step, with dropout and windows", { numSamples: 17, accumulate: 2, dropout: 0.3 }],
  ["when there is less than one batch for each", { numSamples: 1 }],
])("two ranks with batches of 4 equal one process with batches of 8: %s", async (_name, setting) => {
  const alone = await run(8, setting);
  const ranks = await onRanks(2, (group) => run(4, setting, group));
  for (const { weights, history, progress } of ranks) {
    expect(weights).toBeAllClose(alone.weights, { relative: 0, absolute: 1e-6 });
    expect(history).toBeAllClose(alone.history, { relative: 0, absolute: 1e-6 });
    expect(progress).toEqual(alone.progress);
  }
  expect(ranks[1]!.weights).toHaveSameBits(ranks[0]!.weights);
  expect(ranks[1]!.history).toHaveSameBits(ranks[0]!.history);
  const [first, second] = ranks.map(({ shared }) => {
    const { environment: _, progress, ...rest } = shared;
    return { ...rest, progress: { ...(progress as object), batch: 0 } };
  });
  expect(second).toHaveSameBits(first); // but for the batches that each rank has had
});

test("each rank sees its own samples, and all of them together", async () => {
  const sizes = await onRanks(2, async (processGroup) => {
    const trainer = new Ranked(tinyOptions({ processGroup }));
    const predictions = await trainer.predictAll(tinyLoader(train, { batchSize: 4 }));
    await trainer.test(tinyLoader(train));
    await trainer.close();
    return predictions.length;
  });
  expect(sizes).toEqual([3, 3]);
});

test("in one process, with plain batches and alone, it changes nothing", async () => {
  const batches = [{ x: train.x, y: train.y }];
  const weights = await Promise.all(
    [Ranked, TinyTrainer].map(async (Class) => {
      const trainer = new Class(tinyOptions());
      await trainer.fit({ train: batches, validation: batches, epochs: 2 });
      await trainer.close();
      return trainer.modelWeights();
    }),
  );
  expect(weights[0]).toHaveSameBits(weights[1]);
});

test("ranks whose batches reach different parameters change them alike, and leave alone what no rank reaches", async () => {
  const weights = await onRanks(2, async (processGroup) => {
    const variables = new Map(["a", "b", "c", "d"].map((name) => [name, tf.variable(tf.scalar(1))]));
    class Partial extends (Trainer.addOn(TestRanks) as unknown as typeof Trainer)<{ x: tf.Tensor1D }> {
      protected override trainingStep({ x }: { x: tf.Tensor1D }): StepResult {
        const second = variables.get(processGroup.rank === 0 ? "c" : "b")!;
        return { loss: tf.mul(tf.mul(tf.mean(x), variables.get("a")!), second) };
      }
    }
    const optimizer = sgd({ learningRate: 0.1, weightDecay: 0.5 });
    const trainer = new Partial(tinyOptions({ model: { parameters: () => variables }, optimizer, processGroup }));
    await trainer.fit({ train: [{ x: hostTensor(new Float32Array([1, 1]), [2]) }], steps: 1 });
    await trainer.close();
    return trainer.modelWeights();
  });
  // gradient 1 of a, half of it of b and c: w - 0.1 * (gradient + 0.5 * w)
  const expected = { a: 0.85, b: 0.9, c: 0.9, d: 1 };
  for (const own of weights) expect(own).toBeAllClose(expected);
});

test("a synchronous sum is not possible within one process", async () => {
  await expect(onRanks(2, async (group) => group.allReduceSync(new Float32Array(1)))).rejects.toMatchObject({ code: "SYNC_UNSUPPORTED" });
});

test("an error on one rank ends all of them, and is the one that is thrown", async () => {
  const error = new Error("own");
  const before = tf.memory().numTensors;
  await expect(
    onRanks(2, async (processGroup) => {
      class Failing extends Ranked {
        override onTrainEpochEnd(): void {
          if (processGroup.rank === 1) throw error;
        }
      }
      const trainer = new Failing(tinyOptions({ processGroup }));
      try {
        await trainer.fit({ train: tinyLoader(train), epochs: 2 });
      } finally {
        await trainer.close();
        (trainer.model as tf.LayersModel).dispose();
      }
    }),
  ).rejects.toBe(error);
  expect(tf.memory().numTensors).toBe(before);
});

test("a rank that ends early does not keep the others waiting", async () => {
  await expect(onRanks(2, async (group) => group.rank === 0 && group.barrier())).rejects.toMatchObject({ code: "GROUP_CLOSED" });
});

import { hostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import {
  disposeModel,
  dummyModel,
  DummyTrainer,
  expectNoTensorLeak,
  seededBatches,
  seededClasses,
  seededValues,
  tinyClassifier,
  tinyLoader,
  tinyOptions,
  TinyRegressionTrainer,
  tinyRegressor,
  tinySource,
  TinyTrainer,
} from "../src/index.js";
import "./vitest-matchers.js";

test("a tiny classifier learns its samples", async () => {
  const trainer = new TinyTrainer(tinyOptions());
  await trainer.fit({ train: tinyLoader(seededClasses(), { shuffle: true }), validation: tinyLoader(seededClasses()), epochs: 40 });
  expect(trainer.history.valid["acc"]!.at(-1)).toBeGreaterThan(0.85);
  await trainer.close();
});

test("a tiny classifier with dropout and batch norm has buffers", async () => {
  const model = tinyClassifier({ dropout: 0.5, batchNorm: true });
  expect(model.layers.map((layer) => layer.getClassName())).toEqual(["Dense", "Dropout", "BatchNormalization", "Dense"]);
  disposeModel(model);
});

test("a tiny regressor comes near a linear function", async () => {
  const trainer = new TinyRegressionTrainer(tinyOptions({ model: () => tinyRegressor() }));
  const train = tinyLoader(seededValues(), { shuffle: true });
  await trainer.fit({ train, validation: tinyLoader(seededValues()), epochs: 60 });
  expect(trainer.history.valid["loss"]!.at(-1)).toBeLessThan(0.1);
  await trainer.close();
});

test("the dummy trainer takes pairs, and gives outputs and targets in validation", async () => {
  const names = new Set<string>();
  class Watched extends DummyTrainer {
    protected override onValidationBatchEnd(outputs: { readonly outputs?: object }): void {
      for (const name of Object.keys(outputs.outputs ?? {})) names.add(name);
    }
  }
  const trainer = new Watched({ model: () => dummyModel(), seed: 1, device: "cpu", quiet: true, signals: false });
  const x = hostTensor(new Float32Array(40).fill(0.5), [4, 10]);
  const y = hostTensor(new Float32Array(4).fill(1), [4, 1]);
  await trainer.fit({ train: [[x, y]], validation: [[x, y]], epochs: 3 });
  const [first, , third] = trainer.history.train["loss"]!;
  expect(third).toBeLessThan(first!);
  expect(trainer.learningRates).toEqual({ default: 0.001 });
  expect([...names]).toEqual(["outputs", "targets"]);
  await trainer.close();
});

test("a plain parameter source trains, and its buffer counts", async () => {
  const model = tinySource();
  const trainer = new TinyTrainer(tinyOptions({ model }));
  await trainer.fit({ train: seededBatches({ numSamples: 8 }), epochs: 3 });
  const weights = await trainer.modelWeights();
  expect(Object.keys(weights)).toEqual(["kernel", "bias", "passes"]);
  expect(weights["passes"]).toBeAllClose(6);
  await trainer.close();
  disposeModel(model);
});

test("models are released whole", async () => {
  await expect(
    expectNoTensorLeak(() => {
      for (const model of [tinyClassifier({ batchNorm: true }), tinyRegressor(), dummyModel(), tinySource()]) disposeModel(model);
      return tf.memory().numTensors;
    }),
  ).resolves.toBeTypeOf("number");
});

import { MemoryStorage } from "@snapfit/base";
import { Trainer, type StepResult } from "@snapfit/core";
import { adamW } from "@snapfit/optim";
import { openSafetensors } from "@snapfit/safetensors";
import { tinyOptions, tinySource, type ClassBatch } from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { openModel, StateManager } from "../src/index.js";
import { ToyEma } from "../../test-utils/test/toy-ema.js";
import { data, failureOf, Resumable, World } from "./support/run.js";

const x = tf.tensor2d([[0.1, 0.2, 0.3, 0.4]]);
const outputs = (model: tf.LayersModel): Promise<tf.TypedArray> => (model.predict(x) as tf.Tensor).data() as Promise<tf.TypedArray>;

describe("a tf.LayersModel opens without its trainer", () => {
  test.each(["model.safetensors", "tfjs-folder", "runs/run/checkpoints/epoch_2.ckpt"])("from %s", async (path) => {
    const world = new World();
    await using trainer = world.trainer();
    await trainer.fit({ ...data(), epochs: 2 });
    await trainer.stateManager.saveModel("model.safetensors");
    await trainer.stateManager.saveModel("tfjs-folder", { format: "tfjs" });
    const opened = await openModel(path, { storage: world.storage });
    expect(await outputs(opened)).toEqual(await outputs(trainer.model as tf.LayersModel));
    opened.dispose();
    const trained = await trainer.modelWeights();
    await trainer.fit({ ...data(), epochs: 1 });
    expect(await trainer.stateManager.loadModel(path)).toEqual({ missing: [], unexpected: [], different: [] });
    expect(await trainer.modelWeights()).toEqual(trained);
  });

  test("from a folder in the format safetensors, whose weights stand alone", async () => {
    const world = new World();
    await using trainer = world.trainer({ format: "safetensors" });
    await trainer.fit({ ...data(), epochs: 1 });
    const path = "runs/run/checkpoints/epoch_1";
    const opened = await openModel(path, { storage: world.storage });
    expect(await outputs(opened)).toEqual(await outputs(trainer.model as tf.LayersModel));
    const file = await openSafetensors(world.storage, `${path}/model.safetensors`);
    expect([...file.entries.keys()].sort()).toEqual(Object.keys(await trainer.modelWeights()).sort());
    const alone = await openModel(`${path}/model.safetensors`, { storage: world.storage });
    expect(await outputs(alone)).toEqual(await outputs(opened));
  });
});

test("with averages, saveModel() and best checkpoints hold those", async () => {
  const world = new World();
  await using trainer = new (Resumable.addOn(ToyEma))(world.options());
  await trainer.fit({ ...data(), epochs: 2 });
  await trainer.stateManager.saveModel("averages.safetensors");
  const averages = trainer.toyEma.averages!;
  const raw = await trainer.modelWeights();
  expect(raw["layers.0.kernel"]).not.toEqual(averages["layers.0.kernel"]);
  for (const path of ["averages.safetensors", trainer.stateManager.bestPath!]) {
    await trainer.stateManager.loadModel(path);
    expect(await trainer.modelWeights()).toEqual(averages);
    await trainer.setModelWeights(raw);
  }
});

describe("another model than a tf.LayersModel", () => {
  class SourceTrainer extends Trainer<ClassBatch> {
    protected override trainingStep({ x: features, y }: ClassBatch): StepResult {
      const logits = this.forward<tf.Tensor2D>(features);
      return { loss: tf.losses.softmaxCrossEntropy(tf.oneHot(y, logits.shape[1]), logits) };
    }
    protected override validationStep(batch: ClassBatch): StepResult {
      return this.trainingStep(batch);
    }
  }
  const make = (storage: MemoryStorage) =>
    new (SourceTrainer.addOn(StateManager))({
      ...tinyOptions({ model: () => tinySource(), optimizer: adamW() }),
      stateManager: { storage },
    });

  test("is saved and loaded as weights; it has no layers to open", async () => {
    const storage = new MemoryStorage();
    await using trainer = make(storage);
    await trainer.fit({ ...data(), epochs: 1 });
    await trainer.stateManager.saveModel("weights.safetensors");
    const weights = await trainer.modelWeights();
    await trainer.fit({ ...data(), epochs: 1 });
    await trainer.stateManager.loadModel("weights.safetensors");
    expect(await trainer.modelWeights()).toEqual(weights);
    expect(await failureOf(openModel("weights.safetensors", { storage }))).toMatchObject({ code: "NOT_A_LAYERS_MODEL" });
    expect(await failureOf(trainer.stateManager.saveModel("folder", { format: "tfjs" }))).toMatchObject({ code: "NOT_A_LAYERS_MODEL" });
  });
});

test("a path without a model, and one with another shape, are refused in words", async () => {
  const world = new World();
  await using trainer = world.trainer();
  expect(await failureOf(openModel("nowhere.ckpt", world))).toMatchObject({ code: "NO_MODEL" });
  expect(await failureOf(openModel("nowhere.safetensors", world))).toMatchObject({
    code: "NO_MODEL",
    message: expect.stringContaining('"nowhere.safetensors"'),
  });
  await trainer.fit({ ...data(), epochs: 1 });
  await trainer.stateManager.saveModel("model.safetensors");
  const other = tf.sequential({ layers: [tf.layers.dense({ units: 9, inputShape: [4] })] });
  await using second = new Resumable({ ...world.options({ resume: "never" }), model: other });
  expect(await failureOf(second.stateManager.loadModel("model.safetensors"))).toMatchObject({ code: "WEIGHTS_MISMATCH" });
  const { different, unexpected } = await second.stateManager.loadModel("model.safetensors", { strict: false });
  expect([different.length > 0, unexpected.length > 0]).toEqual([true, true]);
});

import type { StateRecord } from "@snapfit/base";
import { expectSameBits, seededClasses, tinyClassifier, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { adamW } from "@snapfit/optim";
import { expect, test } from "vitest";
import type { Weights } from "../src/index.js";
import { assignModelWeights, readModelWeights } from "../src/node/index.js";

const options = () => tinyOptions({ model: () => tinyClassifier(), optimizer: adamW({ learningRate: 0.02 }) });
const train = () => tinyLoader(seededClasses({ numSamples: 12 }), { batchSize: 4, shuffle: true });

async function trained(): Promise<StateRecord> {
  await using trainer = new TinyTrainer(options());
  await trainer.fit({ train: train(), epochs: 2 });
  return trainer.captureState();
}

test("restore() may look at the model, and read and write the state", async () => {
  const state = await trained();
  const seen: unknown[] = [];
  class Restoring extends TinyTrainer {
    protected override async restore(): Promise<void> {
      await super.restore();
      seen.push(this.model !== undefined, Object.keys(await this.modelWeights()).length, this.passesOver("seen()"));
      await this.applyState(state);
      seen.push(this.passesOver("seen()"));
      expectSameBits((await this.captureState())["weights"]!, state["weights"]!);
    }
  }
  await using trainer = new Restoring(options());
  await trainer.fit({ train: train(), epochs: 2 });
  expect(seen).toEqual([true, 4, false, true]);
  expect(trainer.progress.step).toBe(6);
});

test("a captured state keeps its bits while the training goes on, and memory given back is not of it", async () => {
  await using trainer = new TinyTrainer(options());
  await trainer.fit({ train: train(), epochs: 1 });
  const state = await trainer.captureState();
  const copy = structuredClone(state);
  await trainer.fit({ train: train(), epochs: 1 });
  await trainer.captureState();
  expect(trainer.progress.step).toBe(6);
  expectSameBits(state["weights"]!, copy["weights"]!);
  expectSameBits(state["optimizers"]!, copy["optimizers"]!);
});

test("weights of a model without a trainer are those of a trainer with it", async () => {
  const state = await trained();
  const model = tinyClassifier();
  const given = state["weights"] as unknown as Weights;
  expect(await assignModelWeights(model, given)).toEqual({ missing: [], unexpected: [], different: [] });
  expectSameBits((await readModelWeights(model)) as never, state["weights"]!);
  model.dispose();
});

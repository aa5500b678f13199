import { MemoryStorage } from "@snapfit/base";
import { adamW } from "@snapfit/optim";
import { seededClasses, tinyClassifier, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { expect, test } from "vitest";
import { StateManager } from "../src/index.js";

const Resumable = TinyTrainer.addOn(StateManager);

test("a second process goes on", async () => {
  const storage = new MemoryStorage();
  const lines: string[] = [];
  const line = (text: string): void => void lines.push(text);
  const make = () =>
    new Resumable({
      ...tinyOptions({
        model: () => tinyClassifier(),
        optimizer: adamW({ learningRate: 0.02 }),
        quiet: false,
        logger: { debug: line, info: line, warning: line, error: line },
      }),
      stateManager: { storage },
    });
  const data = () => ({
    train: tinyLoader(seededClasses({ numSamples: 22 }), { batchSize: 4, shuffle: true }),
    validation: tinyLoader(seededClasses({ numSamples: 9, seed: 2 }), { batchSize: 4 }),
  });
  {
    await using trainer = make();
    await trainer.fit({ ...data(), epochs: 2 });
  }
  {
    await using trainer = make();
    await trainer.fit({ ...data(), epochs: 4 });
    console.log(trainer.stateManager.list(), trainer.stateManager.bestPath);
  }
  console.log(lines.join("\n"));
  console.log(
    new TextDecoder().decode(await storage.read("runs/TinyTrainer/checkpoints/manifest.json")),
    await storage.list("runs/TinyTrainer/checkpoints"),
  );
  expect(lines.length).toBeGreaterThan(5);
});

import { MemoryStorage, type Storage } from "@snapfit/base";
import type { Logger, TrainerOptions } from "@snapfit/core";
import { adamW } from "@snapfit/optim";
import { seededClasses, tinyClassifier, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { StateManager, type StateManagerSettings } from "../../src/index.js";

/** A tiny classifier with checkpoints. */
export const Resumable = TinyTrainer.addOn(StateManager);

/** Training data of 6 batches, and a validation. */
export function data() {
  return {
    train: tinyLoader(seededClasses({ numSamples: 22 }), { batchSize: 4, shuffle: true }),
    validation: tinyLoader(seededClasses({ numSamples: 9, seed: 2 }), { batchSize: 4 }),
  };
}

/** A storage and the lines that trainers on it have said. */
export class World {
  readonly lines: string[] = [];
  readonly logger: Logger;

  constructor(readonly storage: Storage = new MemoryStorage()) {
    const line = (text: string): void => void this.lines.push(text);
    this.logger = { debug: line, info: line, warning: line, error: line };
  }

  /** Options of a trainer in this world. */
  options(settings: StateManagerSettings = {}, options: Partial<TrainerOptions> = {}) {
    return {
      ...tinyOptions({
        model: () => tinyClassifier(),
        optimizer: adamW({ learningRate: 0.02 }),
        quiet: false,
        logger: this.logger,
        runName: "run",
        ...options,
      }),
      stateManager: { storage: this.storage, ...settings },
    };
  }

  trainer(settings: StateManagerSettings = {}, options: Partial<TrainerOptions> = {}) {
    return new Resumable(this.options(settings, options));
  }

  /** Trains to an epoch in a trainer of its own. */
  async trainTo(epochs: number, settings: StateManagerSettings = {}, options: Partial<TrainerOptions> = {}): Promise<readonly string[]> {
    await using trainer = this.trainer(settings, options);
    await trainer.fit({ ...data(), epochs });
    return trainer.stateManager.list().map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  }

  /** Names in a folder. */
  async names(folder = "runs/run/checkpoints"): Promise<string[]> {
    return (await this.storage.list(folder)).map(({ name }) => name);
  }
}

/** What a promise rejects with: code and message. */
export async function failureOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("nothing was thrown");
}

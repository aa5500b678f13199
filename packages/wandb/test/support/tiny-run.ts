import type { Logger, TrainerOptions } from "@snapfit/core";
import { seededClasses, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { WandBLogger, type WandBSettings } from "../../src/index.js";

/** A tiny classifier with a W&B log. */
export const Logged = TinyTrainer.addOn(WandBLogger);

/** Training data of 6 batches, and a validation. */
export function data() {
  return {
    train: tinyLoader(seededClasses({ numSamples: 22 }), { batchSize: 4, shuffle: true }),
    validation: tinyLoader(seededClasses({ numSamples: 9, seed: 2 }), { batchSize: 4 }),
  };
}

/** A logger that keeps its lines. */
export function keptLines(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  return { lines, logger: { debug: keep, info: keep, warning: keep, error: keep } };
}

/** Options of a trainer whose runs stand in a folder. */
export function optionsIn(folder: string, settings: WandBSettings = {}, options: Partial<TrainerOptions> = {}) {
  return {
    ...tinyOptions({ quiet: false, logger: keptLines().logger, outputDir: folder, runName: "run", logEvery: 2, ...options }),
    wandb: { mode: "offline", ...settings } as const,
  };
}

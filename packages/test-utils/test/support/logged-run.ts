import type { TrainerOptions } from "@snapfit/core";
import { seededClasses, tinyLoader, tinyOptions, type TinyTrainer } from "@snapfit/test-utils";

/** Options of a trainer, those of its loggers among them, and what the run does. */
export interface LoggedRunOptions extends Partial<TrainerOptions> {
  /** Ends the process' part of the run after this step, with a checkpoint. */
  readonly stopAt?: number;
}

/**
 * Trains epochs of 3 steps, logged each step and saved every 2, in `<folder>/run`. Resumes what is there.
 * @param Class with a logger and a StateManager @returns the lines for people
 */
export async function logRun(
  Class: typeof TinyTrainer,
  folder: string,
  { epochs, stopAt = Infinity, ...options }: LoggedRunOptions & { readonly epochs: number },
): Promise<readonly string[]> {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const abort = new AbortController();
  class Run extends Class {
    protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
      await super.onOptimizerStep(step);
      if (this.progress.step === stopAt) abort.abort();
    }
  }
  const own = { outputDir: folder, runName: "run", stateManager: { async: false, everySteps: 2 } };
  const logger = { debug: say, info: say, warning: say, error: say };
  await using trainer = new Run({ ...tinyOptions({ quiet: false, logEvery: 1, logger }), ...own, ...options });
  await trainer.fit({
    train: tinyLoader(seededClasses({ numSamples: 12 }), { shuffle: true }),
    validation: tinyLoader(seededClasses({ numSamples: 6, seed: 2 })),
    epochs,
    signal: abort.signal,
  });
  return lines;
}

import { hostTensor } from "@snapfit/base";
import type { LogRecord, StepResult, TrainerOptions } from "@snapfit/core";
import { TensorBoardLogger, type TensorBoardSettings } from "@snapfit/tensorboard";
import { StateManager } from "@snapfit/state-manager";
import { seededClasses, tinyLoader, tinyOptions, TinyTrainer, type ClassBatch } from "@snapfit/test-utils";

/** A trainer that logs of every kind that TensorBoard shows. */
class Talkative extends TinyTrainer.addOn(TensorBoardLogger, StateManager) {
  protected override trainingStep(batch: ClassBatch, index: number, name: string): StepResult {
    const { step } = this.progress;
    this.log("비율/한글 🎉", step === 1 ? NaN : step === 2 ? -Infinity : step);
    if (step >= 4) this.log("late", step);
    this.logText("note", `step ${step}: 안녕 🎉\n"second line"`);
    this.logHistogram("weights", [step, 1, 2]);
    if (step === 2) this.alert("Loss", "is high", "error");
    if (step % 3 === 0) this.logImage("valid/표본", hostTensor(Uint8Array.of(step, 2, 3, 4), [2, 2]));
    return super.trainingStep(batch, index, name);
  }
}

export interface LoggedRunOptions extends Partial<TrainerOptions> {
  readonly tensorboard?: TensorBoardSettings;
  /** Ends the process' part of the run after this step, with a checkpoint. */
  readonly stopAt?: number;
  /** The learning rate from step 5 on. */
  readonly rate?: number;
  /** Takes what the run logs. */
  readonly records?: LogRecord[];
}

/** 3 epochs of 3 steps, logged each step and saved every 2, in `<folder>/run`. Resumes what is there. @returns the lines for people */
export async function loggedRun(
  folder: string,
  { stopAt = Infinity, rate = 0.02, records = [], ...options }: LoggedRunOptions = {},
): Promise<readonly string[]> {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const abort = new AbortController();
  class Run extends Talkative {
    protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
      await super.onOptimizerStep(step);
      if (this.progress.step === stopAt) abort.abort();
    }
    protected override async onLog(record: LogRecord): Promise<LogRecord | undefined> {
      records.push(record);
      return super.onLog(record);
    }
  }
  const trainer = new Run({
    ...tinyOptions({ quiet: false, logEvery: 1, logger: { debug: say, info: say, warning: say, error: say } }),
    outputDir: folder,
    runName: "run",
    stateManager: { async: false, everySteps: 2 },
    schedule: { unit: "step", at: ({ step }) => (step < 5 ? 1 : rate / 0.02) },
    ...options,
  });
  try {
    await trainer.fit({
      train: tinyLoader(seededClasses({ numSamples: 12 }), { shuffle: true }),
      validation: tinyLoader(seededClasses({ numSamples: 6, seed: 2 })),
      epochs: 3,
      signal: abort.signal,
    });
  } finally {
    await trainer.close();
  }
  return lines;
}

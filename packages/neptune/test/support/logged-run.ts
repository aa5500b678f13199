import { hostTensor } from "@snapfit/base";
import type { StepResult, TrainerOptions } from "@snapfit/core";
import { StateManager } from "@snapfit/state-manager";
import { seededClasses, tinyLoader, tinyOptions, TinyTrainer, type ClassBatch } from "@snapfit/test-utils";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { NeptuneLogger, type NeptuneSettings } from "../../src/index.js";

/** A trainer that logs of every kind. */
class Talkative extends TinyTrainer.addOn(NeptuneLogger, StateManager) {
  protected override trainingStep(batch: ClassBatch, index: number, name: string): StepResult {
    const { step } = this.progress;
    this.log("비율/한글 🎉", step === 1 ? NaN : step === 2 ? -Infinity : step);
    this.logText("note", `step ${step}: 안녕 🎉\n"second line"`);
    if (step === 2) {
      this.logTable(
        "table",
        ["name", "value"],
        [
          ["a,b", 1.5],
          ["c", null],
        ],
      );
      this.logImage("valid/표본", hostTensor(Uint8Array.of(1, 2, 3, 4), [2, 2]));
      this.logText("long", "가".repeat(2000));
      this.logHistogram("weights", [1, 2]);
      this.alert("Loss", "is high", "error");
    }
    if (step === 3) {
      const path = join(this.neptune.directory!, "../../../report.txt");
      writeFileSync(path, "a report");
      this.logFile("report", path);
    }
    return super.trainingStep(batch, index, name);
  }
}

export interface LoggedRunOptions extends Partial<TrainerOptions> {
  readonly neptune?: NeptuneSettings;
  /** Ends the process' part of the run after this step, with a checkpoint. */
  readonly stopAt?: number;
}

/** 2 epochs of 3 steps, logged each step and saved every 2, in `<folder>/run`. Resumes what is there. @returns the lines for people */
export async function loggedRun(folder: string, { stopAt = Infinity, ...options }: LoggedRunOptions = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const abort = new AbortController();
  class Run extends Talkative {
    protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
      await super.onOptimizerStep(step);
      if (this.progress.step === stopAt) abort.abort();
    }
  }
  await using trainer = new Run({
    ...tinyOptions({ quiet: false, logEvery: 1, logger: { debug: say, info: say, warning: say, error: say } }),
    outputDir: folder,
    runName: "run",
    stateManager: { async: false, everySteps: 2 },
    ...options,
  });
  await trainer.fit({
    train: tinyLoader(seededClasses({ numSamples: 12 }), { shuffle: true }),
    validation: tinyLoader(seededClasses({ numSamples: 6, seed: 2 })),
    epochs: 2,
    signal: abort.signal,
  });
  return lines;
}

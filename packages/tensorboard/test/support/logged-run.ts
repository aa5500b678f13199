import { hostTensor } from "@snapfit/base";
import type { LogRecord, StepResult } from "@snapfit/core";
import type { Schedule } from "@snapfit/optim";
import { TensorBoardLogger, type TensorBoardSettings } from "@snapfit/tensorboard";
import { StateManager } from "@snapfit/state-manager";
import { TinyTrainer, type ClassBatch } from "@snapfit/test-utils";
import { logRun, type LoggedRunOptions } from "../../../test-utils/test/support/logged-run.js";

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

interface TensorBoardRunOptions extends LoggedRunOptions {
  readonly tensorboard?: TensorBoardSettings;
  /** The learning rate from step 5 on. */
  readonly rate?: number;
  /** Takes what the run logs. */
  readonly records?: LogRecord[];
}

/** 3 epochs; see {@link logRun}. */
export function loggedRun(
  folder: string,
  { rate = 0.02, records = [], ...options }: TensorBoardRunOptions = {},
): Promise<readonly string[]> {
  class Run extends Talkative {
    protected override async onLog(record: LogRecord): Promise<LogRecord | undefined> {
      records.push(record);
      return super.onLog(record);
    }
  }
  const schedule: Schedule = { unit: "step", at: ({ step }) => (step < 5 ? 1 : rate / 0.02) };
  return logRun(Run as unknown as typeof TinyTrainer, folder, { epochs: 3, schedule, ...options });
}

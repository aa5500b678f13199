import { hostTensor } from "@snapfit/base";
import type { StepResult } from "@snapfit/core";
import { StateManager } from "@snapfit/state-manager";
import { TinyTrainer, type ClassBatch } from "@snapfit/test-utils";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { logRun, type LoggedRunOptions } from "../../../test-utils/test/support/logged-run.js";
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

/** 2 epochs; see {@link logRun}. */
export function loggedRun(
  folder: string,
  options: LoggedRunOptions & { readonly neptune?: NeptuneSettings } = {},
): Promise<readonly string[]> {
  return logRun(Talkative as unknown as typeof TinyTrainer, folder, { epochs: 2, ...options });
}

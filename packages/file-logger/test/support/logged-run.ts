import { hostTensor } from "@snapfit/base";
import type { StepResult } from "@snapfit/core";
import { FileLogger, type FileLoggerSettings } from "@snapfit/file-logger";
import { StateManager } from "@snapfit/state-manager";
import { TinyTrainer, type ClassBatch } from "@snapfit/test-utils";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { logRun, type LoggedRunOptions } from "../../../test-utils/test/support/logged-run.js";

/** A trainer that logs of every kind. */
class Talkative extends TinyTrainer.addOn(FileLogger, StateManager) {
  protected override trainingStep(batch: ClassBatch, index: number, name: string): StepResult {
    const { step } = this.progress;
    this.log("비율/한글 🎉", step === 1 ? NaN : step === 2 ? -Infinity : step);
    if (step >= 4) this.log("late", step);
    this.logText("note", `step ${step}: 안녕 🎉\n"second line"`);
    this.logHistogram("weights", [step, 1, 2]);
    this.logTable("table", ["name", "value"], [["a,b", step === 3 ? NaN : step]]);
    if (step % 3 === 0) this.logImage("valid/표본", hostTensor(Uint8Array.of(step, 2, 3, 4), [2, 2]));
    if (step === 5) {
      const path = join(this.fileLogger.directory!, "..", "report.txt");
      writeFileSync(path, "a report");
      this.logFile("보고서", path);
    }
    return super.trainingStep(batch, index, name);
  }
}

/** 3 epochs; see {@link logRun}. */
export function loggedRun(
  folder: string,
  options: LoggedRunOptions & { readonly fileLogger?: FileLoggerSettings } = {},
): Promise<readonly string[]> {
  return logRun(Talkative as unknown as typeof TinyTrainer, folder, { epochs: 3, ...options });
}

/** Measured by the clock. */
const SPEED = "train/samples_per_second";

/** The rows of a run's `metrics.jsonl`, without what differs from one run to the next. */
export function rowsOf(folder: string, name = "metrics.jsonl"): Record<string, unknown>[] {
  const lines = readFileSync(join(folder, "run", name), "utf8").split("\n");
  if (lines.pop() !== "") throw new Error("The last line has no end.");
  return lines.map((line) => {
    const {
      time: _,
      source: __,
      ...row
    } = JSON.parse(line, (name, value: unknown) => (name === SPEED ? undefined : value)) as Record<string, unknown>;
    return row;
  });
}

/** How fast the run was, as `metrics.csv` has it: a cell for each row of the table. */
export function speedsOf(folder: string): string[] {
  const [header, ...rows] = tableOf(folder);
  return rows.map((row) => row[header!.indexOf(SPEED)]!);
}

/** The cells of a run's `metrics.csv`, without time and speed; none of them has a line end in it. */
export function cellsOf(folder: string): string[][] {
  const table = tableOf(folder);
  const [header] = table;
  return table.map((row) => row.filter((_, i) => !["time", SPEED].includes(header![i]!)));
}

function tableOf(folder: string): string[][] {
  const lines = readFileSync(join(folder, "run", "metrics.csv"), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => line.split(","));
}

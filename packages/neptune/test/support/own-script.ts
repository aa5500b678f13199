import { hostTensor } from "@snapfit/base";
import type { StepResult } from "@snapfit/core";
import { encodePng } from "@snapfit/logging/node";
import { seededClasses, tinyLoader, tinyOptions, TinyTrainer, type ClassBatch } from "@snapfit/test-utils";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NeptuneLogger } from "../../src/index.js";
import { SINGLE_PART_BYTES } from "./neptune-server.js";

const picture = hostTensor(Uint8Array.of(1, 2, 3, 4), [2, 2]);

/** The files that both scripts log. */
export async function writeScriptFiles(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "picture.png"), (await encodePng(picture)).bytes);
  writeFileSync(join(folder, "table.csv"), "name,value\r\na,1.5\r\n");
  writeFileSync(join(folder, "report.txt"), "a report");
  writeFileSync(join(folder, "empty.txt"), "");
  writeFileSync(join(folder, "model.bin"), "x".repeat(2.5 * SINGLE_PART_BYTES));
}

class Scripted extends TinyTrainer.addOn(NeptuneLogger) {
  declare readonly folder: string;

  protected override trainingStep(batch: ClassBatch, index: number, name: string): StepResult {
    const step = this.progress.step + 1;
    this.log("score/한글 🎉", 1 / step);
    this.log("unbounded", step === 2 ? NaN : step);
    this.logText("note", `step ${step}: 안녕 🎉\n"second line"`);
    if (step === 2) {
      this.logImage("valid/표본", picture);
      this.logTable("table", ["name", "value"], [["a", 1.5]]);
      this.alert("Loss", "is high", "error");
    }
    if (step === 3) {
      this.logFile("report", join(this.folder, "report.txt"));
      this.logFile("empty", join(this.folder, "empty.txt"));
      this.logFile("model", join(this.folder, "model.bin"));
    }
    return super.trainingStep(batch, index, name);
  }
}

/** Logs online with our client what official-script.py logs with the official one: 3 steps of one epoch. @param folder of {@link writeScriptFiles} */
export async function runOwnScript(folder: string): Promise<void> {
  const quiet = (): void => undefined;
  await using trainer = new Scripted({
    ...tinyOptions({ quiet: false, logEvery: 1, logger: { debug: quiet, info: quiet, warning: quiet, error: quiet } }),
    outputDir: join(folder, "runs"),
    runName: "run",
    neptune: { mode: "async", project: "ws/proj", description: "a test", tags: ["digits", "한글"] },
  });
  Object.assign(trainer, { folder });
  await trainer.ready();
  process.stdout.write("printed 한글\n");
  await trainer.fit({ train: tinyLoader(seededClasses({ numSamples: 12 })), epochs: 1 });
}

import { join } from "node:path";
import { RunLog } from "../../src/run/run-log.js";
import { resolveSettings, type WandBSettings } from "../../src/wandb-options.js";

/** A log without a trainer, in the folder `wandb` of a run folder. */
export function openLog(runFolder: string, settings: WandBSettings = {}): RunLog {
  return new RunLog({
    folder: join(runFolder, "wandb"),
    settings: resolveSettings({ project: "p", ...settings }, {}),
    name: "run",
    restored: undefined,
    unfinishedRunId: undefined,
    locked: {},
    onBranch: () => undefined,
  });
}

/** One row of values, of training. */
export function logRow(log: RunLog, step: number, values: Readonly<Record<string, number>>): void {
  void log.write({ kind: "scalars", fit: 1, step, epoch: 1, key: "train", values });
}

/** A row of one value for each of these steps. */
export function logRows(log: RunLog, from: number, to: number): void {
  for (let step = from; step <= to; step++) logRow(log, step, { loss: 1 / step });
}

import type { ProcessGroup, Storage } from "@snapfit/base";
import { MemoryStorage } from "@snapfit/base";
import { applyAddOns, type AnyAddOn, type LogRecord, type TrainerOptions } from "@snapfit/core";
import { StateManager } from "@snapfit/state-manager";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContractHost } from "../contract/settings.js";
import { copyOfDisk } from "../contract/world.js";
import { tinyOptions } from "../tiny-trainers.js";
import { LoggingTrainer, loggerScript, observed, type Observer } from "./logger-script.js";
import type { LoggerCompanion } from "./settings.js";

/** The name of the run folder in the output folder. */
export const RUN = "run";

/** What a process finds, and leaves: the folder of the run, and its checkpoints, which are in memory to be quick. */
export interface World {
  /** Output folder; the run folder is in it. */
  readonly folder: string;
  readonly checkpoints: Storage;
}

/** Where worlds come from. */
export interface Worlds {
  empty(): World;
  /** How a world is now: what another process finds if this one is killed here. */
  copy(world: World): Promise<World>;
}

/** What one process has done. */
export interface LoggerOutcome {
  readonly records: readonly LogRecord[];
  readonly numRestored: number;
  /** Warnings and errors for people. */
  readonly complaints: readonly string[];
}

/** What a process may be given. */
export interface LoggerProcess {
  readonly addOns: readonly AnyAddOn[];
  readonly loggers: readonly LoggerCompanion[];
  readonly world: World;
  readonly options?: Partial<TrainerOptions>;
  readonly group?: ProcessGroup;
  readonly onRecord?: (record: LogRecord, numRecords: number) => Promise<void>;
  /** @default the whole script */
  readonly script?: (trainer: LoggingTrainer) => Promise<void>;
}

/** Runs a user's program in a world, from the newest checkpoint where there is one. */
export async function runProcess(settings: LoggerProcess): Promise<LoggerOutcome> {
  const { addOns, loggers, world, options, group, onRecord, script = loggerScript } = settings;
  const complaints: string[] = [];
  const observer: Observer = { records: [], numRestored: 0 };
  if (onRecord !== undefined) observer.onRecord = (record) => onRecord(record, observer.numRestored + observer.records.length);
  const quiet = (): void => undefined;
  const complain = (line: string): void => void complaints.push(line);
  const Class = observed(applyAddOns(LoggingTrainer, addOns) as unknown as ContractHost, observer);
  const own = loggers.map((logger) => (typeof logger.options === "function" ? logger.options() : (logger.options ?? {})));
  const trainer = new Class(
    Object.assign(
      tinyOptions({
        outputDir: world.folder,
        runName: RUN,
        logEvery: 2,
        quiet: false,
        logger: { debug: quiet, info: quiet, warning: complain, error: complain },
        ...(group && { processGroup: group }),
        ...options,
      }),
      { stateManager: { storage: world.checkpoints, everyEpochs: 0, everySteps: 4, best: { keep: 0 }, async: false } },
      ...own,
    ),
  );
  try {
    await script(trainer as LoggingTrainer);
  } finally {
    await trainer.close();
  }
  return { records: observer.records, numRestored: observer.numRestored, complaints };
}

/** Add-ons of a run that can be resumed. */
export function resumable(loggers: readonly LoggerCompanion[]): AnyAddOn[] {
  return [StateManager, ...loggers.map(({ addOn }) => addOn)];
}

/** Makes worlds of their own; all are removed after the task. */
export async function withWorlds<T>(task: (worlds: Worlds) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), "snapfit-logger-"));
  let numWorlds = 0;
  const nextFolder = (): string => join(root, `world-${numWorlds++}`);
  const worlds: Worlds = {
    empty: () => ({ folder: nextFolder(), checkpoints: new MemoryStorage() }),
    copy: async ({ folder, checkpoints }) => {
      const world = { folder: nextFolder(), checkpoints: await copyOfDisk(checkpoints) };
      if (existsSync(folder)) cpSync(folder, world.folder, { recursive: true });
      await world.checkpoints.rename(folder, world.folder); // checkpoints are found by the path of the run
      return world;
    },
  };
  try {
    return await task(worlds);
  } finally {
    rmSync(root, { recursive: true });
  }
}

import { checkSettings, type OptionCheck, type Storage } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import type { Mode } from "@snapfit/core";
import type { CheckpointFormat } from "./checkpoint-files.js";

/** Options of {@link StateManager}. */
export interface StateManagerOptions {
  readonly stateManager?: StateManagerSettings;
}

/** What stands under `stateManager` in the options of a trainer. */
export interface StateManagerSettings {
  /** Folder of the checkpoints. @default "checkpoints" in the run folder */
  readonly directory?: string;
  /** One file, or a folder whose weights stand alone in a file. @default "ckpt" */
  readonly format?: CheckpointFormat;
  /** Epochs between saves; 0 for none by epoch. @default 1 */
  readonly everyEpochs?: number;
  /** Optimizer steps between saves; 0 for none by step. @default 0 */
  readonly everySteps?: number;
  /** Minutes between saves, at the end of a step; 0 for none by time. @default 0 */
  readonly everyMinutes?: number;
  /** How many of those by epoch, step and time are kept, the newest. @default all */
  readonly keep?: number;
  /** The checkpoints with the best validation values. */
  readonly best?: BestSettings;
  /**
   * `auto`: goes on with the newest whole checkpoint, if there is one. `must`: refuses to start without. `never`: a new run, in a folder of its own.
   * Anything else: the path of the checkpoint to go on from.
   * @default "auto"
   */
  readonly resume?: "auto" | "never" | "must" | (string & {});
  /** Whether hashing and writing are left to a thread, so that the loop waits for a copy of the state only. @default true */
  readonly async?: boolean;
  /** What a save that fails does: `continue` warns and tries again at the next one, `stop` throws out of `fit`. @default "continue" */
  readonly onSaveError?: "continue" | "stop";
  /** Names without ending. @default { epoch: "epoch_{epoch}", step: "checkpoint_step_{step}", best: "best_model" } */
  readonly names?: CheckpointNames;
  /** Where the files are. @default the disk */
  readonly storage?: Storage;
}

/** Which checkpoints are the best ones. */
export interface BestSettings {
  /** A validation value. The best is the trainer's own, so with an early stopper on `valid` it is that one's. @default the stopper's, else "loss" */
  readonly monitor?: string;
  /** @default what the name says: losses and errors down, accuracies up */
  readonly mode?: Mode;
  /** How many are kept; 0 for none. @default 1 */
  readonly keep?: number;
}

/** Patterns of names; `{epoch}` counts over all fits. */
export interface CheckpointNames {
  readonly epoch?: string;
  readonly step?: string;
  readonly best?: string;
}

/** The settings, checked and complete; `directory`, `monitor` and `mode` may be for others to say. */
export type ResolvedSettings = Required<Omit<StateManagerSettings, "directory" | "best" | "names">> & {
  readonly directory: string | undefined;
  readonly best: { readonly monitor: string | undefined; readonly mode: Mode | undefined; readonly keep: number };
  readonly names: Required<CheckpointNames>;
};

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const oneOf =
  (...words: readonly unknown[]) =>
  (value: unknown) =>
    words.includes(value);
const pattern = (placeholder: string) => (value: unknown) =>
  typeof value === "string" && /^[^./\\][^/\\]*$/.test(value) && value.includes(placeholder);

/** Settings of a group of their own, which is checked by itself. */
const anySettings: OptionCheck = ["an object", () => true];

const checks: Readonly<Record<keyof StateManagerSettings, OptionCheck>> = {
  directory: ["a folder", isText],
  format: ['"ckpt" or "safetensors"', oneOf("ckpt", "safetensors")],
  everyEpochs: ["a whole number", isCount],
  everySteps: ["a whole number", isCount],
  everyMinutes: ["a number of at least 0", (value) => Number.isFinite(value) && Number(value) >= 0],
  keep: ["a whole number of at least 1", (value) => isCount(value) && Number(value) > 0],
  best: anySettings,
  resume: ['"auto", "never", "must" or the path of a checkpoint', isText],
  async: ["true or false", oneOf(true, false)],
  onSaveError: ['"continue" or "stop"', oneOf("continue", "stop")],
  names: anySettings,
  storage: ["a storage", (value) => typeof (value as Storage | null)?.rename === "function"],
};
const bestChecks: Readonly<Record<keyof BestSettings, OptionCheck>> = {
  monitor: ["the name of a validation value", isText],
  mode: ['"min" or "max"', oneOf("min", "max")],
  keep: ["a whole number", isCount],
};
const nameChecks: Readonly<Record<keyof CheckpointNames, OptionCheck>> = {
  epoch: ["one file name with {epoch} in it", pattern("{epoch}")],
  step: ["one file name with {step} in it", pattern("{step}")],
  best: ["one file name", pattern("")],
};

/** @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function resolveSettings(settings: StateManagerSettings = {}): ResolvedSettings {
  checkSettings("stateManager", settings, checks, "{ everySteps: 100 }");
  checkSettings("stateManager.best", settings.best ?? {}, bestChecks, "{ keep: 3 }");
  checkSettings("stateManager.names", settings.names ?? {}, nameChecks, '{ step: "checkpoint-{step}" }');
  const { best = {}, names = {} } = settings;
  return {
    directory: settings.directory?.replace(/(?<=.)\/+$/, ""),
    format: settings.format ?? "ckpt",
    everyEpochs: settings.everyEpochs ?? 1,
    everySteps: settings.everySteps ?? 0,
    everyMinutes: settings.everyMinutes ?? 0,
    keep: settings.keep ?? Infinity,
    best: { monitor: best.monitor, mode: best.mode, keep: best.keep ?? 1 },
    resume: settings.resume ?? "auto",
    async: settings.async ?? true,
    onSaveError: settings.onSaveError ?? "continue",
    names: { epoch: names.epoch ?? "epoch_{epoch}", step: names.step ?? "checkpoint_step_{step}", best: names.best ?? "best_model" },
    storage: settings.storage ?? new DiskStorage(),
  };
}

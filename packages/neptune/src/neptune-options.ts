import { checkSetting, checkSettings, folder, listOf, oneOf, text, trueOrFalse, type OptionCheck } from "@snapfit/base";

/** What can be wrong with the options; `code` of the SnapfitError. */
export type NeptuneErrorCode = "OPTION_INVALID" | "OPTION_UNKNOWN";

/** Options of {@link NeptuneLogger}. */
export interface NeptuneOptions {
  readonly neptune?: NeptuneSettings;
}

/** What stands under `neptune` in the options of a trainer. What is left out is taken from the variable of the environment that is named. */
export interface NeptuneSettings {
  /** `offline`: a directory that `neptune sync` or `minfx sync` uploads. `async`: it is uploaded while the run goes on, too. `debug`: nothing. `NEPTUNE_MODE`. @default "offline" */
  readonly mode?: NeptuneMode;
  /** `workspace/name`. `NEPTUNE_PROJECT`. @default to be named when it is uploaded */
  readonly project?: string;
  /** What the run is called. @default the trainer's `runName` */
  readonly name?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** Whether figures of the machine and lines of the console are logged. @default true */
  readonly monitoring?: boolean;
  /** Whether the best weights become the file `model/best` (safetensors) at the end of each fit. @default false */
  readonly logModel?: boolean;
  /** Where the folder `.neptune` is. @default the run folder */
  readonly directory?: string;
}

const modes = ["offline", "async", "debug"] as const;
export type NeptuneMode = (typeof modes)[number];

/** The settings, checked and complete but for what the run decides. */
export interface ResolvedSettings {
  readonly mode: NeptuneMode;
  readonly project: string | undefined;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly tags: readonly string[];
  readonly monitoring: boolean;
  readonly logModel: boolean;
  readonly directory: string | undefined;
}

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

const checks: Readonly<Record<keyof NeptuneSettings, OptionCheck>> = {
  mode: oneOf(...modes),
  project: ['a project such as "workspace/name"', (value) => typeof value === "string" && /^[^/\s]+\/[^/\s]+$/.test(value)],
  name: text,
  description: text,
  tags: listOf(text),
  monitoring: trueOrFalse,
  logModel: trueOrFalse,
  directory: folder,
};

/** @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function resolveSettings(settings: unknown = {}, env: Environment = process.env): ResolvedSettings {
  checkSettings("neptune", settings, checks, '{ project: "workspace/name" }');
  const variable = (name: string, key: keyof NeptuneSettings): string | undefined => {
    const text = env[name];
    if (text === undefined || text === "") return undefined;
    checkSetting(`Variable ${name} of the environment`, text, checks[key]);
    return text;
  };
  const { mode, project, name, description, tags = [], monitoring = true, logModel = false, directory } = settings as NeptuneSettings;
  return {
    mode: mode ?? (variable("NEPTUNE_MODE", "mode") as NeptuneMode | undefined) ?? "offline",
    project: project ?? variable("NEPTUNE_PROJECT", "project"),
    name,
    description,
    tags,
    monitoring,
    logModel,
    directory,
  };
}

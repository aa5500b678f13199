import {
  anyObject,
  checkSetting,
  checkSettings,
  folder,
  listOf,
  numberFrom,
  oneOf,
  text,
  trueOrFalse,
  type OptionCheck,
} from "@snapfit/base";
import { findApiKey } from "./credentials.js";
import type { SummaryKind } from "./log/write-records.js";

/** Options of {@link WandBLogger}. */
export interface WandBOptions {
  readonly wandb?: WandBSettings;
}

/** How a metric is drawn and summed up. */
export interface MetricSettings {
  /** The value that is the axis in its charts. @default the trainer's step */
  readonly step?: string;
  /** What the summary keeps of it. @default the last value */
  readonly summary?: readonly SummaryKind[];
  /** Whether it has no chart by itself. @default false */
  readonly isHidden?: boolean;
}

/** What stands under `wandb` in the options of a trainer. What is left out is taken from the variable of the environment that is named. */
export interface WandBSettings {
  /** `online`: a log, and its upload while the run goes on. `offline`: a log that `wandb sync` uploads. `disabled`: nothing. `WANDB_MODE`. @default "online" with a key, else "offline" */
  readonly mode?: WandBMode;
  /** `WANDB_PROJECT`. @default "uncategorized" */
  readonly project?: string;
  /** A user or a team. `WANDB_ENTITY`. @default the key's own */
  readonly entity?: string;
  /** What the run is called. `WANDB_NAME`. @default the trainer's `runName` */
  readonly name?: string;
  /** `WANDB_TAGS`, with commas between. */
  readonly tags?: readonly string[];
  /** `WANDB_NOTES`. */
  readonly notes?: string;
  /** `WANDB_RUN_GROUP`. */
  readonly group?: string;
  /** `WANDB_JOB_TYPE`. */
  readonly jobType?: string;
  /** The run's identity in its project, up to 128 letters, digits, `-` and `_`. `WANDB_RUN_ID`. @default that of the run that goes on, or 8 random ones */
  readonly runId?: string;
  /**
   * Whether the service may have a run of this id already, which then goes on: `allow`, `never`, or `must`. `auto` is `allow`, and a run in a new
   * folder takes the id of the last one if that has not ended well. A run that goes on in its folder always may. `WANDB_RESUME`. @default "allow"
   */
  readonly resume?: ResumeMode;
  /** Where the logs of runs are, each in a folder that is called as the run folder is. `WANDB_DIR`. @default the run folder itself */
  readonly directory?: string;
  /** Metrics by name, or by a pattern with `*`. @default { "train/*_epoch": { step: "epoch" } } */
  readonly metrics?: Readonly<Record<string, MetricSettings>>;
  /** Whether the best weights become an artifact at the end of each fit. @default false */
  readonly logModel?: boolean;
  /** The service. `WANDB_BASE_URL`. @default "https://api.wandb.ai" */
  readonly baseUrl?: string;
  /** How long `close()` waits for the upload, in milliseconds. @default 60000 */
  readonly closeTimeoutMs?: number;
}

const modes = ["online", "offline", "disabled"] as const;
const resumeModes = ["must", "allow", "never", "auto"] as const;
const summaries: readonly string[] = ["min", "max", "mean", "first", "last", "none"] satisfies SummaryKind[];
export type WandBMode = (typeof modes)[number];
export type ResumeMode = (typeof resumeModes)[number];

/** The settings, checked and complete but for what the run decides. */
export interface ResolvedSettings {
  readonly mode: WandBMode;
  readonly project: string;
  readonly entity: string | undefined;
  readonly name: string | undefined;
  readonly tags: readonly string[];
  readonly notes: string | undefined;
  readonly group: string | undefined;
  readonly jobType: string | undefined;
  readonly runId: string | undefined;
  readonly resume: ResumeMode | undefined;
  readonly directory: string | undefined;
  readonly metrics: Readonly<Record<string, MetricSettings>>;
  readonly logModel: boolean;
  readonly sweepId: string | undefined;
  readonly baseUrl: string;
  readonly closeTimeoutMs: number;
  /** Undefined without one. */
  readonly apiKey: string | undefined;
}

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

const checks: Readonly<Record<keyof WandBSettings, OptionCheck>> = {
  mode: oneOf(...modes),
  project: ['a name without /, \\, #, ?, %, or ":"', (value) => text[1](value) && !/[/\\#?%:]/.test(value as string)],
  entity: ["the name of a user or team", text[1]],
  name: text,
  tags: listOf(text),
  notes: ["a text", (value) => typeof value === "string"],
  group: text,
  jobType: text,
  runId: ["up to 128 letters, digits, - and _", (value) => typeof value === "string" && /^[\w-]{1,128}$/.test(value)],
  resume: oneOf(...resumeModes),
  directory: folder,
  metrics: ['an object such as { "valid/loss": { summary: ["min"] } }', anyObject[1]],
  logModel: trueOrFalse,
  baseUrl: [
    "an address such as https://api.wandb.ai",
    (value) => typeof value === "string" && /^https?:/.test(value) && URL.canParse(value),
  ],
  closeTimeoutMs: ["milliseconds, at least 0", numberFrom(0)[1]],
};
const metricChecks: Readonly<Record<keyof MetricSettings, OptionCheck>> = {
  step: ["the name of a logged value", text[1]],
  summary: listOf(oneOf(...summaries)),
  isHidden: trueOrFalse,
};

/** @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function resolveSettings(settings: WandBSettings = {}, env: Environment = process.env): ResolvedSettings {
  checkSettings("wandb", settings, checks, '{ project: "digits" }');
  for (const [name, metric] of Object.entries(settings.metrics ?? {}))
    checkSettings(`wandb.metrics["${name}"]`, metric, metricChecks, '{ summary: ["max"] }');
  const named = (name: string, key: keyof WandBSettings): string | undefined => {
    const text = env[`WANDB_${name}`];
    if (text === undefined || text === "") return undefined;
    checkSetting(`Variable WANDB_${name} of the environment`, text, checks[key]);
    return text;
  };
  const baseUrl = (settings.baseUrl ?? named("BASE_URL", "baseUrl") ?? "https://api.wandb.ai").replace(/\/+$/, "");
  const apiKey = findApiKey(baseUrl, env);
  const tags = env["WANDB_TAGS"]?.split(",").filter((tag) => tag !== "");
  return {
    mode: settings.mode ?? (named("MODE", "mode") as WandBMode | undefined) ?? (apiKey === undefined ? "offline" : "online"),
    project: settings.project ?? named("PROJECT", "project") ?? "uncategorized",
    entity: settings.entity ?? named("ENTITY", "entity"),
    name: settings.name ?? named("NAME", "name"),
    tags: settings.tags ?? tags ?? [],
    notes: settings.notes ?? named("NOTES", "notes"),
    group: settings.group ?? named("RUN_GROUP", "group"),
    jobType: settings.jobType ?? named("JOB_TYPE", "jobType"),
    runId: settings.runId ?? named("RUN_ID", "runId"),
    resume: settings.resume ?? (named("RESUME", "resume") as ResumeMode | undefined),
    directory: settings.directory ?? named("DIR", "directory"),
    metrics: settings.metrics ?? { "train/*_epoch": { step: "epoch" } },
    logModel: settings.logModel ?? false,
    sweepId: env["WANDB_SWEEP_ID"],
    baseUrl,
    closeTimeoutMs: settings.closeTimeoutMs ?? 60_000,
    apiKey,
  };
}

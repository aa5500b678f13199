import { SnapfitError, nearestName, type ProcessGroup } from "@snapfit/base";
import type { MetricSchedule, Optimizer, Schedule } from "@snapfit/optim";
import type * as tf from "@tensorflow/tfjs";
import { hookNames, type Callback } from "./callbacks.js";
import type { Logger } from "./console/logger.js";
import { checkModel, type Model } from "./model.js";

/** Computes a loss from tensors; what `this.loss` of the trainer is. */
export type LossFunction = { call(...inputs: tf.Tensor[]): tf.Tensor }["call"]; // a method type, so that narrower tensors are accepted

/** Limits of gradients, applied between backward pass and optimizer: norm first, then value. */
export interface ClipOptions {
  /** Largest joint L2 norm of all gradients, > 0. */
  readonly norm?: number;
  /** Largest absolute value, > 0. */
  readonly value?: number;
  /** A larger norm is printed, once an epoch. @default 10 */
  readonly warnAbove?: number;
}

/** Options of every trainer. */
export interface TrainerOptions {
  /** What to train. A function is called once the backend and the seed are in place, so that both reach the initial weights. */
  readonly model: Model | (() => Model | Promise<Model>);
  /** Available to steps as `this.loss`. */
  readonly loss?: LossFunction;
  readonly optimizer?: Optimizer;
  readonly schedule?: Schedule | MetricSchedule;
  readonly clip?: ClipOptions;
  /** Batches in one optimizer step. @default 1 */
  readonly accumulate?: number;
  /** Makes a run repeatable bit for bit on one backend. @default a random one, which is said */
  readonly seed?: number;
  /** A TensorFlow.js backend, or `"auto"`: the best one that loads and can train the model. @default "auto" */
  readonly device?: string;
  /** Where lines for people go. @default the console */
  readonly logger?: Logger;
  /** Shows warnings and errors only. @default false */
  readonly quiet?: boolean;
  /** Optimizer steps between log records. @default 50 */
  readonly logEvery?: number;
  /** The processes that train together. @default this one alone */
  readonly processGroup?: ProcessGroup;
  /** Folder of all runs. @default "runs" */
  readonly outputDir?: string;
  /** Folder of this run in `outputDir`. @default the name of the class */
  readonly runName?: string;
  /** Objects with hooks as methods; each hook gets the trainer first. */
  readonly callbacks?: readonly Callback[];
  /** Whether `fit` acts on SIGINT and SIGTERM. @default true */
  readonly signals?: boolean;
}

/** The options with their defaults. */
export type ResolvedOptions = TrainerOptions &
  Required<Pick<TrainerOptions, "accumulate" | "device" | "quiet" | "logEvery" | "outputDir" | "callbacks" | "signals">>;

const coreOptionNames = [
  "model",
  "loss",
  "optimizer",
  "schedule",
  "clip",
  "accumulate",
  "seed",
  "device",
  "logger",
  "quiet",
  "logEvery",
  "processGroup",
  "outputDir",
  "runName",
  "callbacks",
  "signals",
] as const satisfies readonly (keyof TrainerOptions)[];

const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  names.every((name) => typeof (value as Record<string, unknown> | null)?.[name] === "function");
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1;

/** What each option takes, in words and as a test. */
const kinds: readonly (readonly [name: Exclude<keyof TrainerOptions, "model">, expected: string, holds: (value: unknown) => boolean])[] = [
  ["loss", "a function of tensors", (value) => typeof value === "function"],
  ["optimizer", "an optimizer such as adam()", (value) => hasMethods(value, "apply", "saveState")],
  ["schedule", "a schedule such as cosine()", (value) => hasMethods(value, "at") || hasMethods(value, "update")],
  ["clip", "an object such as { norm: 1 }", isObject],
  ["accumulate", "a whole number of at least 1", isCount],
  ["seed", "a finite number", Number.isFinite],
  ["device", 'the name of a device, or "auto"', (value) => typeof value === "string"],
  ["logger", "an object with debug, info, warning and error", (value) => hasMethods(value, "debug", "info", "warning", "error")],
  ["quiet", "true or false", isBoolean],
  ["logEvery", "a whole number of at least 1", isCount],
  ["processGroup", "a process group", (value) => hasMethods(value, "allReduce", "allGather", "broadcast")],
  ["outputDir", "a folder", (value) => typeof value === "string" && value !== ""],
  [
    "runName",
    "the name of one folder, without slashes; the rest goes into outputDir",
    (value) => typeof value === "string" && /^[^/\\]+$/.test(value) && !/^\.+$/.test(value),
  ],
  ["callbacks", "a list of objects with hooks", (value) => Array.isArray(value) && value.every(isObject)],
  ["signals", "true or false", isBoolean],
];

/**
 * Checks options before anything else happens.
 * @param furtherNames options of add-ons and subclasses, which check those themselves.
 * @throws SnapfitError `MODEL_MISSING`, `MODEL_INVALID`, `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function resolveOptions(options: TrainerOptions, furtherNames: readonly string[]): ResolvedOptions {
  if (options?.model === undefined || options.model === null) {
    throw new SnapfitError(
      "MODEL_MISSING",
      "Model must be provided. A trainer takes { model }, a tf.LayersModel, any object with parameters(), or a function that makes one. Add it to the options.",
    );
  }
  const known = [...coreOptionNames, ...furtherNames];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const advice =
      nearest === undefined
        ? `Known are ${known.join(", ")}. A subclass names its own options in static optionNames`
        : `Did you mean "${nearest}"`;
    throw new SnapfitError("OPTION_UNKNOWN", `There is no option "${name}". ${advice}${nearest === undefined ? "." : "?"}`);
  }
  if (typeof options.model !== "function") checkModel(options.model);
  for (const [name, expected, holds] of kinds) {
    const value = options[name];
    if (value !== undefined && !holds(value))
      throw new SnapfitError(
        "OPTION_INVALID",
        `Option ${name} is ${typeof value === "string" ? JSON.stringify(value) : String(value)}. It takes ${expected}.`,
      );
  }
  const {
    accumulate = 1,
    logEvery = 50,
    device = "auto",
    quiet = false,
    outputDir = "runs",
    callbacks = [],
    signals = true,
    clip,
  } = options;
  for (const [name, value] of Object.entries(clip ?? {})) {
    if (!["norm", "value", "warnAbove"].includes(name))
      throw new SnapfitError("OPTION_UNKNOWN", `There is no option "clip.${name}". Known are norm, value and warnAbove.`);
    if (!(Number(value) > 0))
      throw new SnapfitError("OPTION_INVALID", `Option clip.${name} is ${String(value)}. It takes a number above 0.`);
  }
  callbacks.forEach(checkCallback);
  return { ...options, accumulate, logEvery, device, quiet, outputDir, callbacks, signals };
}

/** Refuses methods that look like hooks and would never be called. */
function checkCallback(callback: Callback, index: number): void {
  for (let at: unknown = callback; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const wrong = Object.getOwnPropertyNames(at).find((name) => /^on[A-Z]/.test(name) && !(hookNames as readonly string[]).includes(name));
    if (wrong === undefined) continue;
    const nearest = nearestName(wrong, hookNames);
    throw new SnapfitError(
      "OPTION_UNKNOWN",
      `callbacks[${index}] has "${wrong}", which is no hook. ${nearest === undefined ? `The hooks are ${hookNames.join(", ")}.` : `Did you mean "${nearest}"?`}`,
    );
  }
}

/** @throws SnapfitError `OPTION_INVALID` unless `value` is a whole number of at least 1. */
export function checkCount(name: string, value: number): void {
  if (!isCount(value))
    throw new SnapfitError("OPTION_INVALID", `Option ${name} is ${String(value)}. It takes a whole number of at least 1.`);
}

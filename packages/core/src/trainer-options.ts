import {
  anyFunction,
  anyNumber,
  anyObject,
  checkSetting,
  checkSettings,
  folder,
  nearestName,
  SnapfitError,
  trueOrFalse,
  wholeNumberFrom,
  type OptionCheck,
  type ProcessGroup,
} from "@snapfit/base";
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

const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  names.every((name) => typeof (value as Record<string, unknown> | null)?.[name] === "function");
const above0: OptionCheck = ["a number above 0", (value) => Number(value) > 0];

const checks: Readonly<Record<Exclude<keyof TrainerOptions, "model">, OptionCheck>> = {
  loss: ["a function of tensors", anyFunction[1]],
  optimizer: ["an optimizer such as adam()", (value) => hasMethods(value, "apply", "saveState")],
  schedule: ["a schedule such as cosine()", (value) => hasMethods(value, "at") || hasMethods(value, "update")],
  clip: ["an object such as { norm: 1 }", anyObject[1]],
  accumulate: wholeNumberFrom(1),
  seed: anyNumber,
  device: ['the name of a device, or "auto"', (value) => typeof value === "string"],
  logger: ["an object with debug, info, warning and error", (value) => hasMethods(value, "debug", "info", "warning", "error")],
  quiet: trueOrFalse,
  logEvery: wholeNumberFrom(1),
  processGroup: ["a process group", (value) => hasMethods(value, "allReduce", "allGather", "broadcast")],
  outputDir: folder,
  runName: [
    "the name of one folder, without slashes; the rest goes into outputDir",
    (value) => typeof value === "string" && /^[^/\\]+$/.test(value) && !/^\.+$/.test(value),
  ],
  callbacks: ["a list of objects with hooks", (value) => Array.isArray(value) && value.every(anyObject[1])],
  signals: trueOrFalse,
};

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
  const known = ["model", ...Object.keys(checks), ...furtherNames];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const advice =
      nearest === undefined
        ? `Known: ${known.join(", ")}. A subclass names its own options in static optionNames.`
        : `Did you mean "${nearest}"?`;
    throw new SnapfitError("OPTION_UNKNOWN", `There is no option "${name}". ${advice}`);
  }
  if (typeof options.model !== "function") checkModel(options.model);
  for (const [name, value] of Object.entries(options)) {
    const check = checks[name as keyof typeof checks] as OptionCheck | undefined;
    if (check !== undefined && value !== undefined) checkSetting(`Option ${name}`, value, check);
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
  checkSettings("clip", clip ?? {}, { norm: above0, value: above0, warnAbove: above0 }, "{ norm: 1 }");
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

import { SnapfitError, nearestName } from "@snapfit/base";
import type { BatchSource, HostForm } from "./batch.js";
import { checkCount } from "./trainer-options.js";

/** When a fit ends; the first limit reached counts. At least one is needed, but for a `fastRun`. */
export type FitLimits = // the compiler's message names what the last variant lacks
  | { readonly fastRun: true; readonly epochs?: number; readonly steps?: number; readonly maxSeconds?: number }
  | { readonly epochs?: number; readonly steps?: number; readonly maxSeconds: number }
  | { readonly epochs?: number; readonly steps: number; readonly maxSeconds?: number }
  | { readonly epochs: number; readonly steps?: number; readonly maxSeconds?: number };

/** Options of one `fit`. */
export type FitOptions<Batch> = {
  readonly train: BatchSource<HostForm<Batch>>;
  readonly validation?: BatchSource<HostForm<Batch>>;
  /** Stops the run between two steps, so that it can go on later. */
  readonly signal?: AbortSignal;
  /** Batches in an epoch at most, on each rank. */
  readonly limitTrainBatches?: number;
  /** Batches in a validation at most, on each rank. */
  readonly limitValidationBatches?: number;
  /** When to validate. The last epoch is validated always. @default { epochs: 1 } */
  readonly validateEvery?: { readonly epochs: number; readonly steps?: never } | { readonly steps: number; readonly epochs?: never };
  /** Checks the first batch as `check()` does, then runs every stage once with two batches, to see whether it works. @default false */
  readonly fastRun?: boolean;
} & FitLimits;

/** The limits of a fit as plain data. */
export interface Limits {
  readonly epochs?: number;
  readonly steps?: number;
  readonly maxSeconds?: number;
}

/** A fit's options, checked and with defaults. */
export interface FitPlan {
  readonly train: BatchSource<unknown>;
  readonly validation: BatchSource<unknown> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly limits: Limits;
  readonly limitTrainBatches: number;
  readonly limitValidationBatches: number;
  readonly validateEvery: { readonly epochs?: number; readonly steps?: number };
  readonly fastRun: boolean;
}

const names = [
  "train",
  "validation",
  "epochs",
  "steps",
  "maxSeconds",
  "signal",
  "limitTrainBatches",
  "limitValidationBatches",
  "validateEvery",
  "fastRun",
];

/** @throws SnapfitError `NO_LIMIT`, `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function planFit<Batch>(options: FitOptions<Batch>, accumulate: number): FitPlan {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    throw new SnapfitError(
      "OPTION_UNKNOWN",
      `fit() has no option "${name}". ${nearest === undefined ? `Known are ${names.join(", ")}.` : `Did you mean "${nearest}"?`}`,
    );
  }
  const {
    epochs,
    steps,
    maxSeconds,
    limitTrainBatches = Infinity,
    limitValidationBatches = Infinity,
    validateEvery = { epochs: 1 },
    fastRun = false,
  } = options;
  checkSource("train", options.train);
  if (options.validation !== undefined) checkSource("validation", options.validation);
  if (epochs === undefined && steps === undefined && maxSeconds === undefined && !fastRun) {
    throw new SnapfitError(
      "NO_LIMIT",
      "fit() got no limit. It takes epochs, steps or maxSeconds, alone or together. Add for example epochs: 10.",
    );
  }
  if (
    !["epochs", "steps"].some((unit) => unit in Object(validateEvery)) ||
    Object.keys(validateEvery).some((unit) => unit !== "epochs" && unit !== "steps")
  ) {
    throw new SnapfitError(
      "OPTION_INVALID",
      `Option validateEvery is ${JSON.stringify(validateEvery)}. It takes { epochs: number } or { steps: number }.`,
    );
  }
  if (options.signal !== undefined && typeof options.signal?.addEventListener !== "function")
    throw new SnapfitError("OPTION_INVALID", `Option signal is ${String(options.signal)}. It takes an AbortSignal.`);
  const counts = {
    epochs,
    steps,
    limitTrainBatches,
    limitValidationBatches,
    "validateEvery.epochs": (validateEvery as { epochs?: number }).epochs,
    "validateEvery.steps": (validateEvery as { steps?: number }).steps,
  };
  for (const [name, value] of Object.entries(counts)) if (value !== undefined && value !== Infinity) checkCount(name, value);
  if (maxSeconds !== undefined && !(maxSeconds > 0))
    throw new SnapfitError("OPTION_INVALID", `Option maxSeconds is ${String(maxSeconds)}. It takes a number of seconds above 0.`);
  const common = { train: options.train, validation: options.validation, signal: options.signal, fastRun };
  if (fastRun)
    return { ...common, limits: { epochs: 1 }, limitTrainBatches: 2 * accumulate, limitValidationBatches: 2, validateEvery: { epochs: 1 } };
  const limits = {
    ...(epochs !== undefined && { epochs }),
    ...(steps !== undefined && { steps }),
    ...(maxSeconds !== undefined && { maxSeconds }),
  };
  return { ...common, limits, limitTrainBatches, limitValidationBatches, validateEvery };
}

function checkSource(name: string, source: unknown): void {
  const iterable = source as { [Symbol.iterator]?: unknown; [Symbol.asyncIterator]?: unknown } | null | undefined;
  if (
    typeof source === "function" ||
    typeof iterable?.[Symbol.iterator] === "function" ||
    typeof iterable?.[Symbol.asyncIterator] === "function"
  )
    return;
  throw new SnapfitError(
    "OPTION_INVALID",
    `Option ${name} is ${source === null ? "null" : typeof source}. It takes an iterable or async iterable of batches, or a function that returns one.`,
  );
}

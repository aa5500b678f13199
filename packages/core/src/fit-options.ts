import { checkOptions, SnapfitError, trueOrFalse, wholeNumberFrom, type OptionCheck } from "@snapfit/base";
import type { BatchSource, HostForm } from "./batch.js";

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

const [ofCount, isCount] = wholeNumberFrom(1);
const count: OptionCheck = [ofCount, (value) => value === Infinity || isCount(value)];
const source: OptionCheck = [
  "an iterable or async iterable of batches, or a function that returns one",
  (value) => {
    const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(value) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
    return [value, sync, async].some((method) => typeof method === "function");
  },
];
const checks: Readonly<Record<keyof FitOptions<unknown>, OptionCheck>> = {
  train: source,
  validation: source,
  epochs: count,
  steps: count,
  maxSeconds: ["a number of seconds above 0", (value) => Number(value) > 0],
  signal: ["an AbortSignal", (value) => typeof (value as Partial<AbortSignal> | null)?.addEventListener === "function"],
  limitTrainBatches: count,
  limitValidationBatches: count,
  validateEvery: [
    "{ epochs: number } or { steps: number }, whole numbers of at least 1",
    (value) => {
      const entries = Object.entries(Object(value) as Record<string, unknown>);
      return (
        entries.length > 0 && entries.every(([unit, every]) => /^(epochs|steps)$/.test(unit) && (every === undefined || count[1](every)))
      );
    },
  ],
  fastRun: trueOrFalse,
};

/** @throws SnapfitError `NO_LIMIT`, `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function planFit<Batch>(options: FitOptions<Batch>, accumulate: number): FitPlan {
  checkOptions("fit()", options, checks, ["train"]);
  const {
    epochs,
    steps,
    maxSeconds,
    limitTrainBatches = Infinity,
    limitValidationBatches = Infinity,
    validateEvery = { epochs: 1 },
    fastRun = false,
  } = options;
  if (epochs === undefined && steps === undefined && maxSeconds === undefined && !fastRun) {
    throw new SnapfitError(
      "NO_LIMIT",
      "fit() got no limit. It takes epochs, steps or maxSeconds, alone or together. Add for example epochs: 10.",
    );
  }
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

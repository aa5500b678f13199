import {
  checkOptions,
  fraction,
  numberFrom,
  oneOf,
  SnapfitError,
  text,
  wholeNumberFrom,
  type OptionCheck,
  type StateRecord,
} from "@snapfit/base";
import type { OptimErrorCode } from "./optim-error-code.js";
import type { MetricSchedule } from "./schedule.js";

/** By how much a value must be better than the best one: `{ relative }` to the best value, or `{ absolute }`; a number is relative. */
export type PlateauThreshold = number | { readonly relative: number } | { readonly absolute: number };

/** Options of {@link reduceOnPlateau}. */
export interface ReduceOnPlateauOptions {
  /** Validation value to follow. @default what the valid early stopper monitors */
  readonly monitor?: string | undefined;
  /** Whether larger or smaller values are better. @default the valid early stopper's, else the metric's direction */
  readonly mode?: "max" | "min" | undefined;
  /** What each reduction multiplies the rate by, 0 to below 1. @default 0.1 */
  readonly factor?: number | undefined;
  /** Validations without improvement that are borne; the next one reduces the rate. @default 10 */
  readonly patience?: number | undefined;
  /** @default 1e-4, relative */
  readonly threshold?: PlateauThreshold | undefined;
  /** Validations after a reduction that do not count as bad. @default 0 */
  readonly cooldown?: number | undefined;
  /** Smallest factor of the base rate, 0 to 1. @default 0 */
  readonly minFactor?: number | undefined;
}

const threshold: OptionCheck = [
  "a number of at least 0, { relative: number } or { absolute: number }",
  (value) => {
    const [, isThreshold] = numberFrom(0);
    if (typeof value !== "object" || value === null) return isThreshold(value);
    const entries = Object.entries(value);
    return entries.length === 1 && entries.every(([kind, by]) => (kind === "relative" || kind === "absolute") && isThreshold(by));
  },
];

/**
 * Lowers the rate when a metric has stopped improving, as torch's ReduceLROnPlateau on a factor of the base rate
 * (without its `eps`, which stops reductions below 1e-8). NaN counts as no improvement.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`; `loadState` throws `SCHEDULE_STATE` for what `saveState` did not return.
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): MetricSchedule {
  checkOptions("reduceOnPlateau()", options, {
    monitor: text,
    mode: oneOf("max", "min"),
    factor: fraction,
    patience: wholeNumberFrom(0),
    threshold,
    cooldown: wholeNumberFrom(0),
    minFactor: numberFrom(0, 1),
  });
  return new Plateau(options);
}

class Plateau implements MetricSchedule {
  readonly unit = "metric";
  readonly monitor: string | undefined;
  readonly mode: "max" | "min" | undefined;
  readonly #options: ReduceOnPlateauOptions;
  #factor = 1;
  /** null before the first improvement. */
  #best: number | null = null;
  #numBad = 0;
  #cooldownLeft = 0;

  constructor(options: ReduceOnPlateauOptions) {
    this.monitor = options.monitor;
    this.mode = options.mode;
    this.#options = options;
  }

  get factor(): number {
    return this.#factor;
  }

  update(value: number, mode: "max" | "min"): void {
    const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minFactor = 0 } = this.#options;
    if (isImprovement(value, this.#best, mode, threshold)) {
      this.#best = value;
      this.#numBad = 0;
    } else {
      this.#numBad += 1;
    }
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft -= 1;
      this.#numBad = 0;
    }
    if (this.#numBad > patience) {
      this.#factor = Math.max(this.#factor * factor, minFactor);
      this.#cooldownLeft = cooldown;
      this.#numBad = 0;
    }
  }

  saveState(): StateRecord {
    return { factor: this.#factor, best: this.#best, numBad: this.#numBad, cooldownLeft: this.#cooldownLeft };
  }

  loadState(state: StateRecord): void {
    const { factor, best, numBad, cooldownLeft } = state ?? {};
    const [, isShare] = numberFrom(0, 1);
    const [, isCount] = wholeNumberFrom(0);
    if (!isShare(factor) || (best !== null && typeof best !== "number") || !isCount(numBad) || !isCount(cooldownLeft)) {
      throw new SnapfitError<OptimErrorCode>(
        "SCHEDULE_STATE",
        "The state of reduceOnPlateau is malformed. Expected what saveState() returned: factor, best, numBad and cooldownLeft.",
      );
    }
    this.#factor = factor as number;
    this.#best = best as number | null;
    this.#numBad = numBad as number;
    this.#cooldownLeft = cooldownLeft as number;
  }
}

/** Whether `value` is better than `best` by more than the threshold, in PyTorch's form: relative to the signed best value. */
function isImprovement(value: number, best: number | null, mode: "max" | "min", by: PlateauThreshold): boolean {
  if (best === null) return mode === "min" ? value < Infinity : value > -Infinity;
  const sign = mode === "min" ? -1 : 1;
  const bar =
    typeof by === "object" && "absolute" in by
      ? best + sign * by.absolute
      : best * (1 + sign * (typeof by === "number" ? by : by.relative));
  return mode === "min" ? value < bar : value > bar;
}

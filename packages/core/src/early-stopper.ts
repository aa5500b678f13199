import { checkOptions, oneOf, SnapfitError, text, trueOrFalse, type OptionCheck, type StateRecord } from "@snapfit/base";
import { directionOf, type Mode } from "./metric-direction.js";

/** Options of {@link EarlyStopper}. */
export interface EarlyStopperOptions {
  /** Name of the value to watch, as it stands in the history. @default "loss" */
  readonly monitor?: string;
  /** Validations (or epochs, for the train stopper) without an improvement that are borne. @default 10 */
  readonly patience?: number;
  /** An improvement must be larger than this to count for the patience. @default 1e-3 */
  readonly minDelta?: number;
  /** @default what the name says: losses and errors down, accuracies up */
  readonly mode?: Mode;
  /** Stop once the value is at least this good. */
  readonly targetValue?: number;
  /** Stop once the value is worse than this. */
  readonly divergence?: number;
  /** Stop when the value is NaN or infinite. @default true */
  readonly stopOnNonFinite?: boolean;
}

const atLeast0: OptionCheck = ["a number of at least 0", (value) => Number(value) >= 0];
const anyValue: OptionCheck = ["a number", (value) => typeof value === "number"];
const checks: Readonly<Record<keyof EarlyStopperOptions, OptionCheck>> = {
  monitor: text,
  patience: atLeast0,
  minDelta: atLeast0,
  mode: oneOf("max", "min"),
  targetValue: anyValue,
  divergence: anyValue,
  stopOnNonFinite: trueOrFalse,
};

/** Watches one value and says when training should stop, and why. */
export class EarlyStopper {
  readonly monitor: string;
  readonly mode: Mode;
  readonly #options: Required<Pick<EarlyStopperOptions, "patience" | "minDelta" | "stopOnNonFinite">> & EarlyStopperOptions;
  #best = NaN;
  #waited = 0;

  /** @throws SnapfitError `MODE_UNKNOWN` if the name says nothing about its direction and no `mode` is given; `OPTION_UNKNOWN`, `OPTION_INVALID`. */
  constructor(options: EarlyStopperOptions = {}) {
    checkOptions("EarlyStopper", options, checks);
    this.monitor = options.monitor ?? "loss";
    this.#options = {
      ...options,
      patience: options.patience ?? 10,
      minDelta: options.minDelta ?? 1e-3,
      stopOnNonFinite: options.stopOnNonFinite ?? true,
    };
    const mode = options.mode ?? directionOf(this.monitor);
    if (mode === undefined) {
      throw new SnapfitError(
        "MODE_UNKNOWN",
        `EarlyStopper cannot tell whether a larger or a smaller "${this.monitor}" is better. Give mode: "max" or "min".`,
      );
    }
    this.mode = mode;
  }

  /** The value that patience is counted from; NaN before the first. */
  get best(): number {
    return this.#best;
  }

  /** Takes one value; returns a sentence if training should stop. */
  update(value: number): string | undefined {
    const { patience, minDelta, targetValue, divergence, stopOnNonFinite } = this.#options;
    const at = `${this.monitor} ${format(value)}`;
    if (!Number.isFinite(value)) {
      if (stopOnNonFinite) return `${at} is not finite`;
      this.#waited += 1;
    } else {
      if (targetValue !== undefined && !this.#isBetter(targetValue, value)) return `${at} reached the target ${format(targetValue)}`;
      if (divergence !== undefined && this.#isBetter(divergence, value)) return `${at} is worse than ${format(divergence)}`;
      const gain = this.mode === "max" ? value - this.#best : this.#best - value;
      if (Number.isNaN(this.#best) || gain > minDelta) {
        this.#best = value;
        this.#waited = 0;
      } else this.#waited += 1;
    }
    if (this.#waited < Math.max(patience, 1)) return undefined;
    return `${this.monitor} has not improved by more than ${minDelta} for ${this.#waited} checks (best ${format(this.#best)})`;
  }

  #isBetter(a: number, b: number): boolean {
    return this.mode === "max" ? a > b : a < b;
  }

  saveState(): StateRecord {
    return { monitor: this.monitor, best: this.#best, waited: this.#waited };
  }

  loadState(state: StateRecord): void {
    if (state["monitor"] !== this.monitor) return; // another stopper's count means nothing here
    this.#best = Number(state["best"]);
    this.#waited = Number(state["waited"]);
  }
}

const format = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(4));

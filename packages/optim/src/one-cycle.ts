import { checkOptions, numberFrom, oneOf, positiveNumber, wholeNumberFrom } from "./check-options.js";
import type { Schedule } from "./schedule.js";

/** Options of {@link oneCycle}, named as PyTorch's. */
export interface OneCycleOptions {
  /** Length of the cycle in steps. @default the run's total steps */
  readonly totalSteps?: number | undefined;
  /** Part of the cycle in which the rate rises, 0 to 1. @default 0.3 */
  readonly pctStart?: number | undefined;
  /** The first factor is 1 / divFactor. @default 25 */
  readonly divFactor?: number | undefined;
  /** The last factor is 1 / (divFactor x finalDivFactor). @default 1e4 */
  readonly finalDivFactor?: number | undefined;
  /** Comes down to the first factor as fast as it rose, then to the last; else in one go. @default false */
  readonly threePhase?: boolean | undefined;
  /** Form of the curves. @default "cosine" */
  readonly annealing?: "cosine" | "linear" | undefined;
}

interface Phase {
  readonly endStep: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The rate curve of torch's OneCycleLR as a factor: up to the base rate (PyTorch's `max_lr`), then far down; after the cycle it stays there.
 * Momentum is not cycled (PyTorch: `cycle_momentum=False`).
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`; when asked, what reading unknown total steps throws.
 * @see Smith & Topin 2017, arXiv:1708.07120
 */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  const threePhaseStart = options?.threePhase === true ? 0.5 : 1;
  checkOptions("oneCycle", options, {
    totalSteps: wholeNumberFrom(1),
    pctStart: numberFrom(0, threePhaseStart),
    divFactor: positiveNumber,
    finalDivFactor: positiveNumber,
    threePhase: oneOf(true, false),
    annealing: oneOf("cosine", "linear"),
  });
  const anneal = options.annealing === "linear" ? linearAnnealing : cosineAnnealing;
  return {
    unit: "step",
    at(moment) {
      const totalSteps = options.totalSteps ?? moment.totalSteps;
      const step = Math.min(moment.step, totalSteps - 1);
      return factorAt(step, phasesOf(totalSteps, options), anneal);
    },
  };
}

function phasesOf(
  totalSteps: number,
  { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4, threePhase = false }: OneCycleOptions,
): Phase[] {
  const first = 1 / divFactor;
  const last = first / finalDivFactor;
  const peak = pctStart * totalSteps - 1;
  const rise = { endStep: peak, from: first, to: 1 };
  if (!threePhase) return [rise, { endStep: totalSteps - 1, from: 1, to: last }];
  return [rise, { endStep: 2 * peak, from: 1, to: first }, { endStep: totalSteps - 1, from: first, to: last }];
}

function factorAt(step: number, phases: readonly Phase[], anneal: (from: number, to: number, done: number) => number): number {
  const index = phases.findIndex(({ endStep }) => step <= endStep);
  const { endStep, from, to } = phases[index]!;
  const startStep = phases[index - 1]?.endStep ?? 0;
  return anneal(from, to, endStep === startStep ? 1 : (step - startStep) / (endStep - startStep));
}

function cosineAnnealing(from: number, to: number, done: number): number {
  return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * done));
}

function linearAnnealing(from: number, to: number, done: number): number {
  return from + (to - from) * done;
}

import {
  anyObject,
  checkOption,
  checkOptions,
  fraction,
  numberAbove,
  numberFrom,
  oneOf,
  trueOrFalse,
  wholeNumberFrom,
} from "@snapfit/base";
import { runLength } from "./run-length.js";
import type { Schedule, ScheduleMoment } from "./schedule.js";

/** Between what a momentum is driven: down while the rate rises, up again while it falls. */
export interface MomentumCycle {
  /** At the highest rate, 0 to below 1. @default 0.85 */
  readonly min?: number | undefined;
  /** At the start and at the end, 0 to below 1. @default 0.95 */
  readonly max?: number | undefined;
}

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
  /** Drives the optimizer's momentum, or beta1, against the rate; `{}` as PyTorch does by default. @default not driven */
  readonly momentum?: MomentumCycle | undefined;
}

interface Phase {
  readonly endStep: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The rate curve of torch's OneCycleLR as a factor: up to the base rate (PyTorch's `max_lr`), then far down; after the cycle it stays there.
 * The momentum is cycled where it is asked for (PyTorch: `cycle_momentum`); the optimizer must have one.
 * @throws SnapfitError `OPTION_INVALID`, also when asked for a run without steps; `OPTION_UNKNOWN`; when asked, what reading unknown total steps throws.
 * @see Smith & Topin 2017, arXiv:1708.07120
 */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  const threePhaseStart = options?.threePhase === true ? 0.5 : 1;
  checkOptions("oneCycle()", options, {
    totalSteps: wholeNumberFrom(1),
    pctStart: numberFrom(0, threePhaseStart),
    divFactor: numberAbove(0),
    finalDivFactor: numberAbove(0),
    threePhase: trueOrFalse,
    annealing: oneOf("cosine", "linear"),
    momentum: anyObject,
  });
  const { divFactor = 25, finalDivFactor = 1e4, momentum } = options;
  const first = 1 / divFactor;
  const rates = { start: first, peak: 1, back: first, end: first / finalDivFactor };
  const schedule: Schedule = { unit: "step", at: (moment) => curveAt(moment, options, rates) };
  if (momentum === undefined) return schedule;
  checkOptions("oneCycle()", momentum, { min: fraction, max: fraction }, [], "momentum");
  const { min = 0.85, max = 0.95 } = momentum;
  checkOption("oneCycle()", "momentum", momentum, ["a min (0.85 by default) of at most its max (0.95 by default)", () => min <= max]);
  return { ...schedule, momentumAt: (moment) => curveAt(moment, options, { start: max, peak: min, back: max, end: max }) };
}

/** The values that a curve goes through; `back` where it has three phases. */
interface Points {
  readonly start: number;
  readonly peak: number;
  readonly back: number;
  readonly end: number;
}

function curveAt(moment: ScheduleMoment, options: OneCycleOptions, points: Points): number {
  const totalSteps = runLength("oneCycle()", options.totalSteps, moment);
  const step = Math.min(moment.step, totalSteps - 1);
  const anneal = options.annealing === "linear" ? linearAnnealing : cosineAnnealing;
  return valueAt(step, phasesOf(totalSteps, options, points), anneal);
}

function phasesOf(
  totalSteps: number,
  { pctStart = 0.3, threePhase = false }: OneCycleOptions,
  { start, peak, back, end }: Points,
): Phase[] {
  const peakStep = pctStart * totalSteps - 1;
  const rise = { endStep: peakStep, from: start, to: peak };
  if (!threePhase) return [rise, { endStep: totalSteps - 1, from: peak, to: end }];
  return [rise, { endStep: 2 * peakStep, from: peak, to: back }, { endStep: totalSteps - 1, from: back, to: end }];
}

function valueAt(step: number, phases: readonly Phase[], anneal: (from: number, to: number, done: number) => number): number {
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

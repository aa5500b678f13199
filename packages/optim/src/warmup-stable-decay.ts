import { checkOptions, numberFrom, oneOf, SnapfitError, wholeNumberFrom } from "@snapfit/base";
import { runLength } from "./run-length.js";
import type { Schedule } from "./schedule.js";

/** Options of {@link warmupStableDecay}. */
export interface WarmupStableDecayOptions {
  /** Steps of the rise from 0. @default 0 */
  readonly warmupSteps?: number | undefined;
  /** Steps of the fall at the end. */
  readonly decaySteps: number;
  /** Steps in all, with both. @default the run's total steps */
  readonly totalSteps?: number | undefined;
  /** Factor at the end and after it, 0 to 1. @default 0 */
  readonly minFactor?: number | undefined;
  /** Form of the fall; `"squareRoot"` is 1 - sqrt(part done). @default "linear" */
  readonly annealing?: "cosine" | "linear" | "squareRoot" | undefined;
}

const falls = {
  cosine: (done: number) => (1 + Math.cos(Math.PI * done)) / 2,
  linear: (done: number) => 1 - done,
  squareRoot: (done: number) => 1 - Math.sqrt(done),
} as const;

/**
 * A linear rise, the base rate for most of the run, then a fall: a checkpoint of the stable part can go on for longer.
 * Where the run is too short for both, it falls from where the rise has come to.
 * @throws SnapfitError `OPTION_INVALID`, also when asked for a run without steps; `OPTION_UNKNOWN`; when asked, what reading unknown total steps throws.
 * @see Hu et al. 2024, arXiv:2404.06395, section 4; the forms of the fall: Hägele et al. 2024, arXiv:2405.18392
 */
export function warmupStableDecay(options: WarmupStableDecayOptions): Schedule {
  const checks = {
    warmupSteps: wholeNumberFrom(0),
    decaySteps: wholeNumberFrom(1),
    totalSteps: wholeNumberFrom(1),
    minFactor: numberFrom(0, 1),
    annealing: oneOf("cosine", "linear", "squareRoot"),
  };
  checkOptions("warmupStableDecay()", options, checks, ["decaySteps"]);
  const { warmupSteps = 0, decaySteps, totalSteps, minFactor = 0, annealing = "linear" } = options;
  if (totalSteps !== undefined && warmupSteps + decaySteps > totalSteps) {
    throw new SnapfitError(
      "OPTION_INVALID",
      `warmupStableDecay() got warmupSteps: ${warmupSteps} and decaySteps: ${decaySteps} for totalSteps: ${totalSteps}. It takes both together up to totalSteps.`,
    );
  }
  return {
    unit: "step",
    at(moment) {
      const left = runLength("warmupStableDecay()", totalSteps, moment) - moment.step;
      const rise = moment.step < warmupSteps ? moment.step / warmupSteps : 1;
      const done = Math.min(1, Math.max(0, 1 - left / decaySteps));
      return rise * (minFactor + (1 - minFactor) * falls[annealing](done));
    },
  };
}

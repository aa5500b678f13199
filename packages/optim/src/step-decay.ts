import { checkOptions, numberFrom, SnapfitError, wholeNumberFrom } from "@snapfit/base";
import type { Schedule } from "./schedule.js";

/** Options of {@link stepDecay}: one of `everyEpochs` and `everySteps`. */
export type StepDecayOptions = {
  /** What each multiplication is by, 0 to 1. @default 0.1 */
  readonly factor?: number | undefined;
} & ({ readonly everyEpochs: number; readonly everySteps?: undefined } | { readonly everySteps: number; readonly everyEpochs?: undefined });

/**
 * Multiplies the rate by `factor` after every so many epochs or steps, as torch's StepLR.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  checkOptions("stepDecay()", options, { factor: numberFrom(0, 1), everyEpochs: wholeNumberFrom(1), everySteps: wholeNumberFrom(1) });
  const { everyEpochs, everySteps, factor = 0.1 } = options;
  if ((everyEpochs === undefined) === (everySteps === undefined)) {
    throw new SnapfitError(
      "OPTION_INVALID",
      `stepDecay() got ${everyEpochs === undefined ? "neither everyEpochs nor" : "both everyEpochs and"} everySteps. It takes one of them, such as { everyEpochs: 30 }.`,
    );
  }
  // factor = options.factor ^ floor(t / every)
  if (everyEpochs !== undefined) return { unit: "epoch", at: ({ epoch }) => factor ** Math.floor(epoch / everyEpochs) };
  return { unit: "step", at: ({ step }) => factor ** Math.floor(step / everySteps!) };
}

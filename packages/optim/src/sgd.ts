import { checkOptions, numberFrom, SnapfitError, trueOrFalse } from "@snapfit/base";
import type { Optimizer } from "./optimizer.js";
import { ParameterGroups, rateChecks, type RateOptions } from "./parameter-groups.js";
import { sgdRule } from "./sgd-rule.js";
import { SlotOptimizer } from "./slot-optimizer.js";

/** Options of {@link sgd}. */
export interface SgdOptions extends RateOptions {
  readonly learningRate: number;
  /** At least 0; 0 keeps no slots. @default 0 */
  readonly momentum?: number | undefined;
  /** Part of each gradient after the first that does not enter the momentum; needs a momentum, and no Nesterov. @default 0 */
  readonly dampening?: number | undefined;
  /** Looks ahead along the momentum; needs one above 0. @default false */
  readonly nesterov?: boolean | undefined;
}

/**
 * Stochastic gradient descent, as torch.optim.SGD. Weight decay is added to the gradient; default 0.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @example
 * const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true });
 */
export function sgd(options: SgdOptions): Optimizer {
  const checks = { ...rateChecks(), momentum: numberFrom(0), dampening: numberFrom(0, 1), nesterov: trueOrFalse };
  checkOptions("sgd()", options, checks, ["learningRate"]);
  const { momentum = 0, dampening = 0, nesterov = false } = options;
  if (nesterov && momentum === 0)
    throw new SnapfitError("OPTION_INVALID", "sgd() got nesterov: true without momentum. It takes a momentum above 0, such as 0.9.");
  if (dampening !== 0 && momentum === 0)
    throw new SnapfitError(
      "OPTION_INVALID",
      `sgd() got dampening: ${dampening} without momentum. It takes a momentum above 0, such as 0.9.`,
    );
  if (nesterov && dampening !== 0)
    throw new SnapfitError(
      "OPTION_INVALID",
      `sgd() got dampening: ${dampening} with nesterov. It takes 0, as Nesterov's momentum has none.`,
    );
  const groups = new ParameterGroups("sgd", options, { learningRate: options.learningRate, weightDecay: 0 });
  return new SlotOptimizer(sgdRule({ momentum, dampening, nesterov }), groups);
}

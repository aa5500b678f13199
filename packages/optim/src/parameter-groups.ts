import { anyFunction, checkOptions, numberFrom, oneOf, SnapfitError, text, trueOrFalse, type OptionCheck } from "@snapfit/base";
import type { GroupRate } from "./optimizer.js";

/** Parameters that share a rate and a weight decay of their own. */
export interface ParameterGroup {
  /** Shown in logs. Not `default`, which names the parameters of no group. */
  readonly name: string;
  /** Whether a parameter belongs here, by its structural path such as `layers.0.kernel`. The first group that matches wins. Asked once for each name. */
  readonly match: (parameterName: string) => boolean;
  /** Base rate of the group. @default the optimizer's */
  readonly learningRate?: number | undefined;
  /** @default the optimizer's */
  readonly weightDecay?: number | undefined;
}

/** Options that every optimizer has. */
export interface RateOptions {
  /** Base rate; a schedule's factor multiplies it. At least 0. */
  readonly learningRate?: number | undefined;
  /** At least 0. What it multiplies depends on the algorithm. */
  readonly weightDecay?: number | undefined;
  /** `"biasAndNorm"` leaves parameters whose path ends in `bias`, `gamma` or `beta`, and those of rank 0 and 1, without weight decay, in every group. */
  readonly noDecay?: "biasAndNorm" | undefined;
  /** Groups with a rate or weight decay of their own. */
  readonly groups?: readonly ParameterGroup[] | undefined;
  /** Climbs the gradients rather than descending; weight decay still shrinks. @default false */
  readonly maximize?: boolean | undefined;
}

/** What one parameter is updated with, before the schedule; both are negative where the objective is maximized. */
export interface ParameterRate {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Checks of {@link RateOptions}, for the factories' tables. A function, so that bundles without optimizers have none of them. */
export function rateChecks(): Readonly<Record<keyof RateOptions, OptionCheck>> {
  return {
    learningRate: numberFrom(0),
    weightDecay: numberFrom(0),
    noDecay: oneOf("biasAndNorm"),
    groups: ["a list of groups", Array.isArray],
    maximize: trueOrFalse,
  };
}

/** Finds the rate and the weight decay of a parameter by its name. */
export class ParameterGroups {
  /** The groups in the order given, then `default`. */
  readonly rates: readonly GroupRate[];
  readonly #groups: readonly (ParameterRate & { readonly match: (parameterName: string) => boolean })[];
  readonly #sparesBiasAndNorm: boolean;
  readonly #sign: 1 | -1;
  readonly #found = new Map<string, ParameterRate>();

  constructor(owner: string, options: RateOptions, defaults: ParameterRate) {
    const { learningRate = defaults.learningRate, weightDecay = defaults.weightDecay, noDecay, groups = [] } = options;
    checkGroups(owner, groups);
    const rest: Required<ParameterGroup> = { name: "default", match: () => true, learningRate, weightDecay };
    const all = [...groups, rest].map((group) => ({
      name: group.name,
      match: group.match,
      learningRate: group.learningRate ?? learningRate,
      weightDecay: group.weightDecay ?? weightDecay,
    }));
    this.#groups = all;
    this.rates = all.map((group) => ({ name: group.name, learningRate: group.learningRate }));
    this.#sparesBiasAndNorm = noDecay === "biasAndNorm";
    this.#sign = options.maximize === true ? -1 : 1;
  }

  /** The rates of a parameter. @param rank its number of dimensions. */
  of(parameterName: string, rank: number): ParameterRate {
    let rate = this.#found.get(parameterName);
    if (!rate) {
      const { learningRate, weightDecay } = this.#groups.find((group) => group.match(parameterName))!;
      const isSpared = this.#sparesBiasAndNorm && isBiasOrNorm(parameterName, rank);
      // The step of gradient -g is that of g with the signs of rate and decay turned, to the last bit: every rule is odd in all three.
      rate = { learningRate: this.#sign * learningRate, weightDecay: isSpared ? 0 : this.#sign * weightDecay };
      this.#found.set(parameterName, rate);
    }
    return rate;
  }
}

/** Whether a parameter is a bias or a scale or shift of a normalization: by the last part of its path, or its rank. */
function isBiasOrNorm(parameterName: string, rank: number): boolean {
  const last = parameterName.split(/[./]/).at(-1);
  return rank <= 1 || last === "bias" || last === "gamma" || last === "beta";
}

function checkGroups(owner: string, groups: readonly ParameterGroup[]): void {
  const { learningRate, weightDecay } = rateChecks();
  const names = new Set(["default"]);
  groups.forEach((group, index) => {
    checkOptions(`${owner}()`, group, { name: text, match: anyFunction, learningRate, weightDecay }, ["name", "match"], `groups[${index}]`);
    if (names.has(group.name)) {
      throw new SnapfitError(
        "OPTION_INVALID",
        `${owner}() got groups[${index}].name: "${group.name}", which is taken. It takes a name that no other group has; "default" is the rest of the parameters.`,
      );
    }
    names.add(group.name);
  });
}

import { checkOption, checkOptions, numberFrom, wholeNumberFrom, type StateRecord } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import { checkGradients } from "./check-gradients.js";
import { checkSlotShapes, decodeState, encodeState, isRecord, wrongState } from "./optimizer-state.js";
import type { GroupRate, Optimizer } from "./optimizer.js";
import { ParameterSlots } from "./parameter-slots.js";
import { ParameterUpdates } from "./parameter-updates.js";
import { slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** Options of {@link lookahead}. */
export interface LookaheadOptions {
  /** Steps of a parameter from one pull to the next, at least 1. @default 5 */
  readonly everySteps?: number | undefined;
  /** Part of the way that the slow weights go, 0 to 1. @default 0.5 */
  readonly alpha?: number | undefined;
}

/**
 * Lets an optimizer run ahead: after every so many steps of a parameter its slow weights go a part of the way to it, and it continues from them.
 * They start as what the parameter is before its first step. Rates and groups are the optimizer's, whose slots stay as they are.
 * @param optimizer belongs to the result, which disposes it and saves its state.
 * @throws SnapfitError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @see Zhang et al. 2019, arXiv:1907.08610, algorithm 1
 * @example
 * const optimizer = lookahead(adamW({ learningRate: 1e-3 }), { everySteps: 6 });
 */
export function lookahead(optimizer: Optimizer, options: LookaheadOptions = {}): Optimizer {
  checkOption("lookahead()", "optimizer", optimizer, ["an optimizer such as adamW()", () => typeof optimizer?.apply === "function"]);
  checkOptions("lookahead()", options, { everySteps: wholeNumberFrom(1), alpha: numberFrom(0, 1) });
  const { everySteps = 5, alpha = 0.5 } = options;
  return new Lookahead(optimizer, everySteps, pullRule(`lookahead(${optimizer.name})`, alpha));
}

/** slow = slow + alpha (p - slow);  p = slow */
function pullRule(name: string, alpha: number): UpdateRule<[alpha: number]> {
  return {
    name,
    slotsOf: slotsLikeParameter("slow"),
    kernel: "lookahead",
    constants: () => [alpha],
    updateArrays([part], values, _, [slow]) {
      for (let i = 0; i < values.length; i++) {
        slow![i] = slow![i]! + part * (values[i]! - slow![i]!);
        values[i] = slow![i]!;
      }
    },
    updateTensors([part], values, _, [slow]) {
      const newSlow = slow!.add(values.sub(slow!).mul(part));
      return [newSlow, newSlow.clone()];
    },
  };
}

class Lookahead implements Optimizer {
  readonly name: string;
  readonly groups: readonly GroupRate[];
  readonly #optimizer: Optimizer;
  readonly #everySteps: number;
  readonly #rule: UpdateRule;
  #slots = new Map<string, ParameterSlots>();

  constructor(optimizer: Optimizer, everySteps: number, rule: UpdateRule) {
    this.name = rule.name;
    this.groups = optimizer.groups;
    this.#optimizer = optimizer;
    this.#everySteps = everySteps;
    this.#rule = rule;
  }

  apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    parameters: ReadonlyMap<string, tf.Variable>,
    rateFactor: number,
    momentum?: number,
  ): void {
    checkGradients(gradients, parameters);
    checkSlotShapes(this.#slots, gradients.keys(), parameters);
    const starts = this.#startsOf(gradients.keys(), parameters);
    try {
      this.#optimizer.apply(gradients, parameters, rateFactor, momentum);
    } catch (error) {
      for (const slots of starts.values()) slots.dispose();
      throw error;
    }
    for (const [name, slots] of starts) this.#slots.set(name, slots);
    const pulls = new ParameterUpdates(this.#rule);
    for (const [name, gradient] of gradients) {
      const slots = this.#slots.get(name)!;
      slots.step += 1;
      const moment = { step: slots.step, learningRate: 0, weightDecay: 0, momentum: 0, momentumProduct: 1, shape: slots.shape };
      if (slots.step % this.#everySteps === 0) pulls.add(moment, parameters.get(name)!, gradient, slots);
    }
    pulls.run();
  }

  async saveState(): Promise<StateRecord> {
    const [own, optimizer] = await Promise.all([encodeState(this.#rule, this.#slots), this.#optimizer.saveState()]);
    return { ...own, optimizer };
  }

  loadState(state: StateRecord): void {
    const loaded = decodeState(this.#rule, state);
    const { optimizer } = state;
    if (!isRecord(optimizer)) {
      throw wrongState(`The state of ${this.name} lacks that of its optimizer.`, "Expected what saveState() returned.");
    }
    this.#optimizer.loadState(optimizer as StateRecord);
    this.#disposeSlots();
    this.#slots = loaded;
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.#disposeSlots();
  }

  #disposeSlots(): void {
    for (const slots of this.#slots.values()) slots.dispose();
    this.#slots = new Map();
  }

  /** The slow weights of parameters that have their first step now. */
  #startsOf(names: Iterable<string>, parameters: ReadonlyMap<string, tf.Variable>): Map<string, ParameterSlots> {
    const starts = new Map<string, ParameterSlots>();
    for (const name of names) {
      if (this.#slots.has(name)) continue;
      const parameter = parameters.get(name)!;
      const slots = ParameterSlots.zeros(parameter.shape, this.#rule.slotsOf(parameter.shape));
      slots.replace([parameter.clone()]);
      slots.arrays(); // in host memory a copy, so that the storage of the parameter is not shared
      starts.set(name, slots);
    }
    return starts;
  }
}

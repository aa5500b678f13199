import { SnapfitError, type StateRecord } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import { checkGradients } from "./check-gradients.js";
import type { OptimErrorCode } from "./optim-error-code.js";
import { checkSlotShapes, decodeState, encodeState } from "./optimizer-state.js";
import type { GroupRate, Optimizer } from "./optimizer.js";
import type { ParameterGroups } from "./parameter-groups.js";
import { ParameterSlots } from "./parameter-slots.js";
import { ParameterUpdates } from "./parameter-updates.js";
import type { UpdateMoment, UpdateRule } from "./update-rule.js";

/** Runs an {@link UpdateRule} over parameters. */
export class SlotOptimizer implements Optimizer {
  readonly name: string;
  readonly groups: readonly GroupRate[];
  readonly #rule: UpdateRule;
  readonly #groups: ParameterGroups;
  #slots = new Map<string, ParameterSlots>();

  constructor(rule: UpdateRule, groups: ParameterGroups) {
    this.name = rule.name;
    this.groups = groups.rates;
    this.#rule = rule;
    this.#groups = groups;
  }

  apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    parameters: ReadonlyMap<string, tf.Variable>,
    rateFactor: number,
    momentum?: number,
  ): void {
    if (!Number.isFinite(rateFactor) || rateFactor < 0) {
      throw new SnapfitError<OptimErrorCode>(
        "RATE_INVALID",
        `The rate factor is ${rateFactor}. Expected a finite number of at least 0; check the schedule.`,
      );
    }
    if (momentum !== undefined) this.#checkMomentum(momentum);
    checkGradients(gradients, parameters);
    checkSlotShapes(this.#slots, gradients.keys(), parameters);
    const updates = new ParameterUpdates(this.#rule);
    for (const [name, gradient] of gradients) {
      const parameter = parameters.get(name)!;
      const slots = this.#slotsOf(name, parameter);
      const { learningRate, weightDecay } = this.#groups.of(name, parameter.rank);
      const driven = momentum ?? this.#rule.momentum ?? 0;
      slots.step += 1;
      slots.momentumProduct *= this.#rule.momentumOf?.(driven, slots.step) ?? 1;
      const moment: UpdateMoment = {
        step: slots.step,
        learningRate: learningRate * rateFactor,
        weightDecay,
        momentum: driven,
        momentumProduct: slots.momentumProduct,
        shape: parameter.shape,
      };
      updates.add(moment, parameter, gradient, slots);
    }
    updates.run();
  }

  async saveState(): Promise<StateRecord> {
    return encodeState(this.#rule, this.#slots);
  }

  loadState(state: StateRecord): void {
    const loaded = decodeState(this.#rule, state);
    this.dispose();
    this.#slots = loaded;
  }

  dispose(): void {
    for (const slots of this.#slots.values()) slots.dispose();
    this.#slots = new Map();
  }

  #slotsOf(name: string, parameter: tf.Variable): ParameterSlots {
    let slots = this.#slots.get(name);
    if (!slots) {
      slots = ParameterSlots.zeros(parameter.shape, this.#rule.slotsOf(parameter.shape));
      this.#slots.set(name, slots);
    }
    return slots;
  }

  #checkMomentum(momentum: number): void {
    if (this.#rule.momentum === undefined) {
      throw new SnapfitError<OptimErrorCode>(
        "MOMENTUM_INVALID",
        `The schedule gives a momentum, but this ${this.name} has none to be driven. Give the optimizer a momentum, or the schedule none.`,
      );
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw new SnapfitError<OptimErrorCode>(
        "MOMENTUM_INVALID",
        `The schedule's momentum is ${momentum}. Expected a number from 0 up to, but not, 1; check the schedule.`,
      );
    }
  }
}

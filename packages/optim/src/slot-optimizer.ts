import { SnapfitError, type StateRecord } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { checkGradients, hasSameShape } from "./check-gradients.js";
import type { OptimErrorCode } from "./optim-error-code.js";
import { decodeState, encodeState, wrongState } from "./optimizer-state.js";
import type { GroupRate, Optimizer } from "./optimizer.js";
import type { ParameterGroups } from "./parameter-groups.js";
import { ParameterSlots } from "./parameter-slots.js";
import { ParameterUpdates } from "./parameter-updates.js";
import { PrivateStorage } from "./private-storage.js";
import type { UpdateMoment, UpdateRule } from "./update-rule.js";

/** Runs an {@link UpdateRule} over parameters. */
export class SlotOptimizer implements Optimizer {
  readonly name: string;
  readonly groups: readonly GroupRate[];
  readonly #rule: UpdateRule;
  readonly #groups: ParameterGroups;
  readonly #storage = new PrivateStorage();
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
    momentum = this.#rule.momentum,
  ): void {
    if (!Number.isFinite(rateFactor) || rateFactor < 0) {
      throw new SnapfitError<OptimErrorCode>(
        "RATE_INVALID",
        `The rate factor is ${rateFactor}. Expected a finite number of at least 0; check the schedule.`,
      );
    }
    this.#checkMomentum(momentum);
    checkGradients(gradients, parameters);
    this.#checkSlots(gradients.keys(), parameters);
    const updates = new ParameterUpdates(this.#rule, this.#storage);
    for (const [name, gradient] of gradients) {
      const parameter = parameters.get(name)!;
      const slots = this.#slotsOf(name, parameter);
      slots.step += 1;
      updates.add(this.#moment(name, parameter, slots.step, rateFactor, momentum ?? 0), parameter, gradient, slots);
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

  #moment(name: string, parameter: tf.Variable, step: number, rateFactor: number, momentum: number): UpdateMoment {
    const { learningRate, weightDecay } = this.#groups.of(name, parameter.rank);
    return { step, learningRate: learningRate * rateFactor, weightDecay, momentum, shape: parameter.shape };
  }

  #slotsOf(name: string, parameter: tf.Variable): ParameterSlots {
    let slots = this.#slots.get(name);
    if (!slots) {
      slots = ParameterSlots.zeros(parameter.shape, this.#rule.slotsOf(parameter.shape));
      this.#slots.set(name, slots);
    }
    return slots;
  }

  #checkMomentum(momentum: number | undefined): void {
    if (momentum === undefined) return;
    if (this.#rule.momentum === undefined) {
      throw new SnapfitError<OptimErrorCode>(
        "MOMENTUM_INVALID",
        `The schedule drives the momentum, which this ${this.name} has not. Give the optimizer a momentum, or the schedule none.`,
      );
    }
    if (!(momentum >= 0 && momentum < 1) && momentum !== this.#rule.momentum) {
      throw new SnapfitError<OptimErrorCode>(
        "MOMENTUM_INVALID",
        `The schedule's momentum is ${momentum}. Expected a number from 0 up to, but not, 1; check the schedule.`,
      );
    }
  }

  #checkSlots(names: Iterable<string>, parameters: ReadonlyMap<string, tf.Variable>): void {
    for (const name of names) {
      const slots = this.#slots.get(name);
      const shape = parameters.get(name)!.shape;
      if (slots && !hasSameShape(slots.shape, shape)) {
        throw wrongState(
          `The optimizer's state of parameter "${name}" has shape [${slots.shape.join(", ")}], but the parameter has [${shape.join(", ")}].`,
          "Load the state of the same model, or start without it.",
        );
      }
    }
  }
}

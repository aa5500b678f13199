import { SnapfitError, type StateRecord } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { checkGradients, hasSameShape } from "./check-gradients.js";
import { FusedUpdates } from "./fused-updates.js";
import { hostValues } from "./host-values.js";
import type { OptimErrorCode } from "./optim-error-code.js";
import { decodeState, encodeState, wrongState } from "./optimizer-state.js";
import type { GroupRate, Optimizer } from "./optimizer.js";
import type { ParameterGroups } from "./parameter-groups.js";
import { ParameterSlots } from "./parameter-slots.js";
import { PrivateStorage } from "./private-storage.js";
import type { UpdateMoment, UpdateRule } from "./update-rule.js";

/** Runs an {@link UpdateRule} over parameters: by the fused loop where values and gradient are in host memory, by TensorFlow.js operations elsewhere. */
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

  apply(gradients: ReadonlyMap<string, tf.Tensor>, parameters: ReadonlyMap<string, tf.Variable>, rateFactor: number): void {
    if (!Number.isFinite(rateFactor) || rateFactor < 0) {
      throw new SnapfitError<OptimErrorCode>(
        "RATE_INVALID",
        `The rate factor is ${rateFactor}. Expected a finite number of at least 0; check the schedule.`,
      );
    }
    checkGradients(gradients, parameters);
    this.#checkSlots(gradients.keys(), parameters);
    const fused = new FusedUpdates(this.#rule);
    for (const [name, gradient] of gradients) this.#update(name, gradient, parameters.get(name)!, rateFactor, fused);
    fused.run();
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

  #update(name: string, gradient: tf.Tensor, parameter: tf.Variable, rateFactor: number, fused: FusedUpdates): void {
    const slots = this.#slotsOf(name, parameter);
    const { learningRate, weightDecay } = this.#groups.of(name, parameter.rank);
    const moment = { step: slots.step + 1, learningRate: learningRate * rateFactor, weightDecay };
    const arrays = hostValues(parameter) && hostValues(gradient) && slots.arrays();
    if (arrays) {
      const values = this.#storage.writable(parameter);
      // Asked for last: making storage private can move the heap of the wasm backend.
      fused.add(moment, values, hostValues(gradient)!, arrays);
    } else {
      this.#updateTensors(moment, parameter, gradient, slots);
    }
    slots.step = moment.step;
  }

  #updateTensors(moment: UpdateMoment, parameter: tf.Variable, gradient: tf.Tensor, slots: ParameterSlots): void {
    const [values, ...newSlots] = tf.tidy(() => this.#rule.updateTensors(moment, parameter, gradient, slots.tensors()));
    parameter.assign(values!);
    values!.dispose();
    slots.replace(newSlots);
  }

  #slotsOf(name: string, parameter: tf.Variable): ParameterSlots {
    let slots = this.#slots.get(name);
    if (!slots) {
      slots = ParameterSlots.zeros(parameter.shape, this.#rule.slotNames.length);
      this.#slots.set(name, slots);
    }
    return slots;
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

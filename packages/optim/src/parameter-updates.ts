import * as tf from "@tensorflow/tfjs";
import type { HostMemoryBackend } from "./host-memory-backend.js";
import { hostValues } from "./host-values.js";
import type { ParameterSlots } from "./parameter-slots.js";
import { writableValues } from "./private-storage.js";
import { roundedConstants, type UpdateMoment, type UpdateRule } from "./update-rule.js";

/**
 * The updates of one step by a rule. In host memory: by the backend's kernel all at once where it has one, else by the rule's loop, each at once.
 * Elsewhere by TensorFlow.js operations.
 */
export class ParameterUpdates {
  readonly #rule: UpdateRule;
  readonly #backend: Partial<HostMemoryBackend>;
  readonly #constants: number[] = [];
  readonly #values: Float32Array[] = [];
  readonly #gradients: Float32Array[] = [];
  readonly #slots: Float32Array[] = [];

  constructor(rule: UpdateRule) {
    this.#rule = rule;
    this.#backend = tf.backend() as Partial<HostMemoryBackend>;
  }

  /** Updates a parameter and its slots, now or in {@link run}. */
  add(moment: UpdateMoment, parameter: tf.Variable, gradient: tf.Tensor, slots: ParameterSlots): void {
    const arrays = hostValues(parameter) && hostValues(gradient) && slots.arrays();
    if (!arrays) {
      this.#updateTensors(moment, parameter, gradient, slots);
      return;
    }
    const values = writableValues(parameter);
    // Asked for last: making storage private can move the heap of the wasm backend.
    const gradientValues = hostValues(gradient)!;
    if (this.#backend.updateParameters === undefined) {
      this.#rule.updateArrays(roundedConstants(this.#rule, moment), values, gradientValues, arrays);
      return;
    }
    this.#constants.push(...this.#rule.constants(moment));
    this.#values.push(values);
    this.#gradients.push(gradientValues);
    this.#slots.push(...arrays);
  }

  /** Does what is left. */
  run(): void {
    if (this.#values.length === 0) return;
    this.#backend.updateParameters!({
      kernel: this.#rule.kernel,
      constants: Float64Array.from(this.#constants),
      values: this.#values,
      gradients: this.#gradients,
      slots: this.#slots,
    });
  }

  #updateTensors(moment: UpdateMoment, parameter: tf.Variable, gradient: tf.Tensor, slots: ParameterSlots): void {
    const constants = roundedConstants(this.#rule, moment);
    const [values, ...newSlots] = tf.tidy(() => this.#rule.updateTensors(constants, parameter, gradient, slots.tensors()));
    parameter.assign(values!);
    values!.dispose();
    slots.replace(newSlots);
  }
}

import * as tf from "@tensorflow/tfjs";
import type { HostMemoryBackend } from "./host-memory-backend.js";
import type { UpdateMoment, UpdateRule } from "./update-rule.js";

/** The updates of one step in host memory: by the backend's kernel all at once where it has one, else by the rule's loop, each at once. */
export class FusedUpdates {
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

  /** Updates values and slots in place, now or in {@link run}. */
  add(moment: UpdateMoment, values: Float32Array, gradient: Float32Array, slots: readonly Float32Array[]): void {
    if (this.#backend.updateParameters === undefined) {
      this.#rule.updateArrays(moment, values, gradient, slots);
      return;
    }
    this.#constants.push(...this.#rule.kernel.constants(moment));
    this.#values.push(values);
    this.#gradients.push(gradient);
    this.#slots.push(...slots);
  }

  /** Does what is left. */
  run(): void {
    if (this.#values.length === 0) return;
    this.#backend.updateParameters!({
      kernel: this.#rule.kernel.name,
      constants: Float64Array.from(this.#constants),
      values: this.#values,
      gradients: this.#gradients,
      slots: this.#slots,
    });
  }
}

import { copyArray } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { hostValues } from "./host-values.js";
import type { Slot } from "./update-rule.js";

/** What an optimizer keeps for one parameter: what sums up its updates, and its slots, as arrays where the backend works in host memory, as tensors elsewhere. */
export class ParameterSlots {
  /** Updates done. */
  step: number;
  /** Of the momenta of all updates, in a rule that needs it; else 1. */
  momentumProduct: number;
  /** Shape of the parameter. */
  readonly shape: readonly number[];
  readonly slots: readonly Slot[];
  #arrays: readonly Float32Array[];
  #tensors: readonly tf.Tensor[] | undefined;

  /** Keeps `arrays`. */
  constructor(shape: readonly number[], slots: readonly Slot[], arrays: readonly Float32Array[], step = 0, momentumProduct = 1) {
    this.shape = shape;
    this.slots = slots;
    this.step = step;
    this.momentumProduct = momentumProduct;
    this.#arrays = arrays;
  }

  /** All zeros, no step done. */
  static zeros(shape: readonly number[], slots: readonly Slot[]): ParameterSlots {
    const arrays = slots.map((slot) => new Float32Array(tf.util.sizeFromShape([...slot.shape])));
    return new ParameterSlots(shape, slots, arrays);
  }

  /** The slots for writing in place, or undefined while they are tensors of a backend without host memory. */
  arrays(): readonly Float32Array[] | undefined {
    if (this.#tensors) {
      const copies = this.#tensors.map((tensor) => hostValues(tensor)?.slice());
      if (copies.includes(undefined)) return undefined;
      this.dispose();
      this.#arrays = copies as Float32Array[];
    }
    return this.#arrays;
  }

  /** The slots as tensors, which this object owns. */
  tensors(): readonly tf.Tensor[] {
    this.#tensors ??= this.#arrays.map((array, i) => tf.keep(tf.tensor(array, [...this.slots[i]!.shape], "float32")));
    this.#arrays = [];
    return this.#tensors;
  }

  /** Takes over new tensors and disposes the old ones. */
  replace(tensors: readonly tf.Tensor[]): void {
    this.dispose();
    this.#tensors = tensors.map((tensor) => tf.keep(tensor));
  }

  /** Copies of the slots as they are at the time of the call. */
  async read(): Promise<Float32Array[]> {
    if (!this.#tensors) return this.#arrays.map((array) => copyArray(array));
    // Clones outlive an update that happens before the device has answered.
    const clones = this.#tensors.map((tensor) => tf.keep(tensor.clone()));
    const read = await Promise.all(clones.map((clone) => clone.data()));
    for (const clone of clones) clone.dispose();
    return read.map((values) => copyArray(values as Float32Array, Float32Array));
  }

  /** Frees the tensors. */
  dispose(): void {
    for (const tensor of this.#tensors ?? []) tensor.dispose();
    this.#tensors = undefined;
  }
}

import type * as tf from "@tensorflow/tfjs";
import type { PooledArray } from "./buffer-pool.js";

type Values = tf.backend_util.BackendValues;

/** Turns bfloat16 bits into float32 in memory of the pool. */
export type Widen = (bf16: Uint16Array) => Float32Array;

/**
 * The memory of one tensor (its `dataId`): an array of the pool that no other tensor shares, of the type that its dtype names; or, under
 * autocast, bfloat16 bits, which become float32 when a kernel without bfloat16 asks for them. Strings and complex numbers are as on cpu.
 */
export class TensorMemory {
  readonly dtype: tf.DataType;
  /** Tensors that share this memory: clones, reshapes. */
  refCount = 1;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo };
  /** Rises with every write: what was derived from the values is stale. */
  version = 0;
  #values: Values | undefined;
  #bf16: Uint16Array | undefined;
  readonly #widen: Widen;
  readonly #give: (array: PooledArray) => void;

  constructor(dtype: tf.DataType, values: Values | Uint16Array | undefined, widen: Widen, give: (array: PooledArray) => void) {
    this.dtype = dtype;
    this.#widen = widen;
    this.#give = give;
    if (values instanceof Uint16Array) this.#bf16 = values;
    else this.#values = values;
  }

  /** The live values; the cpu backend's kernels read them here. */
  get values(): Values | undefined {
    if (this.#values === undefined && this.#bf16 !== undefined) {
      this.#values = this.#widen(this.#bf16);
      this.dropBf16();
    }
    return this.#values;
  }

  /** The same values as bfloat16 bits, where they are at hand. */
  get bf16(): Uint16Array | undefined {
    return this.#bf16;
  }

  /** Whether the values lie as bfloat16 only. */
  get isBf16Only(): boolean {
    return this.#values === undefined && this.#bf16 !== undefined;
  }

  /** Keeps rounded values beside the exact ones, until these change. */
  keepBf16(rounded: Uint16Array): void {
    this.dropBf16();
    this.#bf16 = rounded;
  }

  /** After a write in place. */
  markWritten(): void {
    this.version++;
    if (this.#values !== undefined) this.dropBf16();
  }

  dropBf16(): void {
    if (this.#bf16 !== undefined) this.#give(this.#bf16);
    this.#bf16 = undefined;
  }

  /** Gives all memory back to the pool. */
  release(): void {
    this.dropBf16();
    if (ArrayBuffer.isView(this.#values)) this.#give(this.#values as PooledArray);
    this.#values = undefined;
  }
}

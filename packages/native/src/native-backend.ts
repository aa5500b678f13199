import * as tf from "@tensorflow/tfjs";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { addon, type AddonBasics } from "./addon.js";
import { BufferPool, type PooledArray } from "./buffer-pool.js";
import { setPrecision, type Precision, type PrecisionChoice } from "./precision.js";
import { TensorMemory, type Widen } from "./tensor-memory.js";

type Values = tf.backend_util.BackendValues;

interface Bf16Functions {
  widen(bf16: Uint16Array, float32: Float32Array): void;
  round(float32: Float32Array, bf16: Uint16Array): void;
}

/** What `@snapfit/optim` hands to {@link NativeBackend.updateParameters}. */
export interface ParameterUpdate {
  readonly kernel: string;
  readonly constants: Float64Array;
  readonly values: readonly Float32Array[];
  readonly gradients: readonly Float32Array[];
  readonly slots: readonly Float32Array[];
}

type Arrays = readonly Float32Array[];
interface OptimizerFunctions {
  updateParameters(kernel: string, constants: Float64Array, values: Arrays, gradients: Arrays, slots: Arrays): void;
  sumsOfSquares(arrays: Arrays, sums: Float64Array): void;
}

const kinds = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
/** Dtypes whose values lie in the pool. */
export type PooledDtype = keyof typeof kinds;

/**
 * A backend of TensorFlow.js that keeps every tensor in memory of its own pool. What comes in from outside (a caller's array, the result of a
 * kernel of the cpu backend) is copied, so nothing that anyone else can see is ever written to, and storage always matches the dtype.
 */
export class NativeBackend extends MathBackendCPU {
  readonly pool = new BufferPool(addon<AddonBasics>().alignedOffset);
  /** How many bfloat16 arrays became float32 because a kernel or a reader asked for it. */
  numWidened = 0;
  readonly #widen: Widen = (bf16) => {
    this.numWidened++;
    const values = this.pool.take(Float32Array, bf16.length);
    addon<Bf16Functions>().widen(bf16, values);
    return values;
  };
  readonly #give = (array: PooledArray): void => this.pool.give(array);

  // For kernels ------------------------------------------------------------------------------------------------------

  /** The memory of a tensor. */
  memoryOf({ dataId }: tf.TensorInfo): TensorMemory {
    return this.data.get(dataId) as unknown as TensorMemory;
  }

  /** The live values of a float32 tensor. */
  floats(tensor: tf.TensorInfo): Float32Array {
    return this.memoryOf(tensor).values as Float32Array;
  }

  /** The values of a float32 tensor as bfloat16 bits, which stay beside them until they change. */
  bf16(tensor: tf.TensorInfo): Uint16Array {
    const memory = this.memoryOf(tensor);
    if (memory.bf16 !== undefined) return memory.bf16;
    const values = memory.values as Float32Array;
    const rounded = this.takeBf16(values.length);
    addon<Bf16Functions>().round(values, rounded);
    memory.keepBf16(rounded);
    return rounded;
  }

  /** The live values of an int32 tensor. */
  ints(tensor: tf.TensorInfo): Int32Array {
    return this.memoryOf(tensor).values as Int32Array;
  }

  /** The live values of a bool tensor: 0 and 1. */
  bytes(tensor: tf.TensorInfo): Uint8Array {
    return this.memoryOf(tensor).values as Uint8Array;
  }

  /** An array of unknown content for a result: every element has to be written. */
  takeFloats(length: number): Float32Array {
    return this.pool.take(Float32Array, length);
  }

  /** As {@link takeFloats}, for bfloat16 bits. */
  takeBf16(length: number): Uint16Array {
    return this.pool.take(Uint16Array, length);
  }

  /** As {@link takeFloats}, of the array type of a dtype. */
  take(dtype: PooledDtype, length: number): Float32Array | Int32Array | Uint8Array {
    return this.pool.take<PooledArray>(kinds[dtype] as typeof Float32Array, length) as Float32Array;
  }

  /** Makes a tensor of an array that {@link takeFloats} or {@link take} gave; bfloat16 bits make a float32 tensor. */
  own(shape: readonly number[], dtype: tf.DataType, values: Float32Array | Int32Array | Uint8Array | Uint16Array): tf.TensorInfo {
    return { dataId: this.#store(dtype, values), shape: shape as number[], dtype };
  }

  /** The same memory under another shape. */
  share(tensor: tf.TensorInfo, shape: readonly number[] = tensor.shape): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: shape as number[], dtype: tensor.dtype };
  }

  // For add-ons ---------------------------------------------------------------------------------------------------------

  /** See {@link setPrecision}: for add-ons, which find it on the backend without importing this package. */
  setPrecision(wanted: Precision | "auto"): PrecisionChoice {
    return setPrecision(wanted);
  }

  // For optimizers ---------------------------------------------------------------------------------------------------

  /** The live float32 values of a tensor of this backend, or undefined if it is not one. The array is used at once and never kept. */
  hostValues(dataId: object): Float32Array | undefined {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    return values instanceof Float32Array ? values : undefined;
  }

  /** The values of a tensor are about to change in place. */
  markWritten(dataId: object): void {
    if (this.data.has(dataId)) (this.data.get(dataId) as unknown as TensorMemory).markWritten();
  }

  /** One step of an optimizer over all parameters, in place; rounded as the same formula in plain operations. */
  updateParameters({ kernel, constants, values, gradients, slots }: ParameterUpdate): void {
    addon<OptimizerFunctions>().updateParameters(kernel, constants, values, gradients, slots);
  }

  /** For each array the sum of its squares in float64. */
  sumsOfSquares(arrays: readonly Float32Array[]): Float64Array {
    const sums = new Float64Array(arrays.length);
    addon<OptimizerFunctions>().sumsOfSquares(arrays, sums);
    return sums;
  }

  // TensorFlow.js' contract ------------------------------------------------------------------------------------------

  override write(values: Values, _shape: number[], dtype: tf.DataType): object {
    return this.#store(dtype, this.#copied(values, dtype));
  }

  override move(dataId: object, values: Values, _shape: number[], dtype: tf.DataType, refCount: number): void {
    this.#store(dtype, this.#copied(values, dtype), dataId).refCount = refCount;
  }

  override async read(dataId: object): Promise<Values> {
    return this.readSync(dataId);
  }

  override readSync(dataId: object): Values {
    const values = super.readSync(dataId);
    return ArrayBuffer.isView(values) ? (values as Float32Array).slice() : values;
  }

  /** The cpu backend's kernels read their inputs here, at once: no copy. */
  override bufferSync<R extends tf.Rank, D extends tf.DataType>(tensor: tf.TensorInfo): tf.TensorBuffer<R, D> {
    if (!(tensor.dtype in kinds)) return super.bufferSync<R, D>(tensor);
    return tf.buffer(tensor.shape as tf.ShapeMap[R], tensor.dtype as D, this.data.get(tensor.dataId).values as tf.DataTypeMap[D]);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const memory = this.data.get(dataId) as unknown as TensorMemory;
    const isFreed = super.disposeData(dataId, force);
    if (isFreed) memory.release();
    return isFreed;
  }

  override memory(): { unreliable: boolean; reasons: string[]; numBytesInPool: number; numBytesIdle: number; mostBytesInPool: number } {
    const { used, idle, mostUsed } = this.pool.bytes;
    return { unreliable: false, reasons: [], numBytesInPool: used, numBytesIdle: idle, mostBytesInPool: mostUsed };
  }

  override dispose(): void {
    this.pool.clear();
  }

  #store(dtype: tf.DataType, values: Values | Uint16Array | undefined, dataId: object = {}): TensorMemory & object {
    const memory = new TensorMemory(dtype, values, this.#widen, this.#give);
    this.data.set(dataId, memory as never);
    return dataId as TensorMemory;
  }

  /** Values from outside in memory of the pool, converted to the array type of the dtype. */
  #copied(values: Values | undefined, dtype: tf.DataType): Values | undefined {
    if (values === undefined || values === null || !(dtype in kinds)) return values;
    const copy = this.take(dtype as PooledDtype, values.length);
    copy.set(values as unknown as ArrayLike<number>);
    return copy;
  }
}

import { SnapfitError, copyArray, isHostTensor, type HostTensor } from "@snapfit/base";
import { hostValues } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";

/**
 * What a loader may yield for a trainer whose steps take `Batch`: host tensors of the same rank, or the tensors themselves.
 * Everything else stays as it is. No condition stands on `unknown`: with one, a trainer of some batch would be no `Trainer`.
 */
export type HostForm<Batch> =
  Batch extends tf.Tensor<infer R>
    ? HostTensor<RankNumber<R>> | Batch
    : Batch extends string | number | boolean | bigint | null | undefined | ArrayBufferView
      ? Batch
      : Batch extends readonly unknown[]
        ? { readonly [I in keyof Batch]: HostForm<Batch[I]> }
        : Batch extends object
          ? { readonly [K in keyof Batch]: HostForm<Batch[K]> }
          : Batch;
type RankNumber<R extends tf.Rank> = tf.Rank extends R ? number : { R0: 0; R1: 1; R2: 2; R3: 3; R4: 4; R5: 5; R6: 6 }[R];

/** Batches, pass by pass: an iterable, or a function that makes one for each pass. Arrays are named so that the compiler points into them. */
export type BatchSource<Batch> = readonly Batch[] | Iterable<Batch> | AsyncIterable<Batch> | (() => Iterable<Batch> | AsyncIterable<Batch>);

/** Calls `visit` for each tensor and host tensor of a batch. */
function eachTensor(value: unknown, visit: (tensor: tf.Tensor | HostTensor) => void): void {
  if (value instanceof tf.Tensor || isHostTensor(value)) visit(value);
  else if (Array.isArray(value)) for (const item of value) eachTensor(item, visit);
  else if (isRecord(value)) for (const key in value) eachTensor(value[key], visit);
}

/** What a batch is nested in, besides lists; other objects are left alone. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The first tensor of a batch. @throws SnapfitError `BATCH_SIZE` if there is none. */
export function firstInput(batch: unknown): tf.Tensor {
  const [first] = tensorsIn(batch);
  if (first) return first;
  throw new SnapfitError(
    "BATCH_SIZE",
    "The batch holds no tensor to pass to the model. The default predictStep passes the first one. Override predictStep(batch, index).",
  );
}

/** All tensors in a batch. */
export function tensorsIn(batch: unknown): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  eachTensor(batch, (tensor) => {
    if (tensor instanceof tf.Tensor) found.push(tensor);
  });
  return found;
}

/**
 * The number of samples of a batch: the first dimension of its arrays.
 * @throws SnapfitError `BATCH_SIZE` if there is no array, or if arrays disagree.
 */
export function firstDimension(batch: unknown): number {
  let size: number | undefined;
  let different: number | undefined;
  eachTensor(batch, ({ shape }) => {
    const length = shape[0];
    if (length === undefined) return;
    if (size === undefined) size = length;
    else if (length !== size) different = length;
  });
  if (size === undefined || different !== undefined) {
    const what =
      size === undefined
        ? "The batch holds no tensor or host tensor with a first dimension; lists and typed arrays become one by hostTensor()"
        : `Arrays of one batch have ${size} and ${different} as their first dimension`;
    throw new SnapfitError(
      "BATCH_SIZE",
      `${what}. The number of samples is the first dimension that all arrays share. Override batchSize(batch) to say it.`,
    );
  }
  return size;
}

/** The batch with other tensors and host tensors, in the same nesting; all else as it is. */
export function mapTensors(batch: unknown, change: (tensor: tf.Tensor | HostTensor) => unknown): unknown {
  if (batch instanceof tf.Tensor || isHostTensor(batch)) return change(batch);
  if (Array.isArray(batch)) return batch.map((item) => mapTensors(item, change));
  if (!isRecord(batch)) return batch;
  const changed: Record<string, unknown> = {};
  for (const key in batch) changed[key] = mapTensors(batch[key], change);
  return changed;
}

/** Host tensors of a batch as tensors. `uint8` becomes int32. */
export function toTensors(batch: unknown): unknown {
  return mapTensors(batch, asTensor);
}

function asTensor(tensor: tf.Tensor | HostTensor): tf.Tensor {
  return tensor instanceof tf.Tensor ? tensor : toTensor(tensor);
}

/** A host tensor on the device. On the cpu backend the tensor shares the array: do not write to it afterwards. */
export function toTensor({ data, shape, dtype }: HostTensor): tf.Tensor {
  if (dtype === "uint8") return tf.tensor(Int32Array.from(data), [...shape], "int32");
  return tf.tensor(data, [...shape], dtype);
}

/** A copy of a tensor's values in host memory, read without blocking. */
export async function toHostTensor(tensor: tf.Tensor): Promise<HostTensor> {
  return hostCopy(tensor, hostValues(tensor) ?? (await tensor.data()));
}

/** The values of a tensor as a host tensor of its dtype, in an array of their own. */
function hostCopy(tensor: tf.Tensor, values: Float32Array | Int32Array | Uint8Array): HostTensor {
  const shape = [...tensor.shape];
  // A cast may leave an Int32Array under a float32 tensor, so each case copies into the array that its dtype promises.
  if (tensor.dtype === "float32") return { dtype: "float32", shape, data: copyArray(values, Float32Array) };
  if (tensor.dtype === "int32") return { dtype: "int32", shape, data: copyArray(values, Int32Array) };
  if (tensor.dtype === "bool") return { dtype: "bool", shape, data: copyArray(values, Uint8Array) };
  throw new SnapfitError(
    "DTYPE_MISMATCH",
    `A ${tensor.dtype} tensor cannot be read into host memory. float32, int32 and bool can. Cast it first.`,
  );
}

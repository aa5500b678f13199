import type { HostDType, HostTensor } from "@snapfit/base";
import { SnapfitError } from "@snapfit/base";

/** What {@link fromTfData} reads: a `Dataset` of TensorFlow.js' `tf.data`. */
export interface TfDataset<Item> {
  iterator(): Promise<{ next(): Promise<IteratorResult<Item, unknown>> }>;
}

/** A tensor of TensorFlow.js. */
interface TfTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly rankType: unknown;
  data(): Promise<Float32Array | Int32Array | Uint8Array | string[]>;
  dispose(): void;
}

/** What {@link fromTfData} makes of an item: tensors become host tensors (those of strings lists), arrays and records are gone through, all else stays. */
export type TfDataItem<Item> = [Item] extends [{ readonly rankType: infer Type; readonly shape: readonly number[] }]
  ? HostTensor<RankOf<Type>>
  : [Item] extends [object]
    ? { readonly [Name in keyof Item]: TfDataItem<Item[Name]> }
    : Item;

type RankOf<Type> = Type extends "R0"
  ? 0
  : Type extends "R1"
    ? 1
    : Type extends "R2"
      ? 2
      : Type extends "R3"
        ? 3
        : Type extends "R4"
          ? 4
          : Type extends "R5"
            ? 5
            : Type extends "R6"
              ? 6
              : number;

/**
 * The batches (or samples) of a `tf.data` dataset, for a trainer or a stream. Its tensors are read and disposed, so that nothing of them stays. Each iteration begins a new pass.
 * Such a pass cannot be resumed in its middle: what was seen is read again and passed over.
 * @throws SnapfitError `TF_DATA` for tensors of complex numbers.
 */
export function fromTfData<Item>(dataset: TfDataset<Item>): AsyncIterable<TfDataItem<Item>> {
  return { [Symbol.asyncIterator]: () => readItems(dataset) };
}

async function* readItems<Item>(dataset: TfDataset<Item>): AsyncGenerator<TfDataItem<Item>, void, undefined> {
  const iterator = await dataset.iterator();
  for (let item = await iterator.next(); !item.done; item = await iterator.next()) yield (await toHost(item.value)) as TfDataItem<Item>;
}

async function toHost(value: unknown): Promise<unknown> {
  if (isTensor(value)) {
    try {
      return await readTensor(value);
    } finally {
      value.dispose();
    }
  }
  if (Array.isArray(value)) return Promise.all(value.map(toHost));
  if (!isRecord(value)) return value;
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([name, each]) => [name, await toHost(each)] as const)));
}

async function readTensor(tensor: TfTensor): Promise<HostTensor | string[]> {
  const { dtype, shape } = tensor;
  const data = await tensor.data();
  if (dtype === "string") return data as string[];
  if (dtype === "complex64")
    throw new SnapfitError(
      "TF_DATA",
      `The dataset has a tensor of complex64 [${shape.join(", ")}]. float32, int32, bool and string are read. Take it apart with tf.real() and tf.imag().`,
    );
  // TensorFlow.js may keep other numbers under a dtype, and share them with other tensors.
  const own =
    dtype === "float32"
      ? Float32Array.from(data as Float32Array)
      : dtype === "int32"
        ? Int32Array.from(data as Int32Array)
        : Uint8Array.from(data as Uint8Array);
  return { dtype: dtype as HostDType, shape: [...shape], data: own };
}

function isTensor(value: unknown): value is TfTensor {
  return typeof value === "object" && value !== null && "dataId" in value && "rankType" in value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

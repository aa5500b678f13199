import { isHostTensor } from "@snapfit/base";

type TypedArray = Uint8Array | Float32Array | Int32Array;

/** Bytes of the arrays in nested records and lists, and of their texts (two a character). */
export function byteSize(value: unknown): number {
  if (typeof value === "string") return 2 * value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (isHostTensor(value)) return value.data.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + byteSize(each), 0);
  if (!isRecord(value)) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + byteSize(each), 0);
}

/** The same records and lists with other arrays in place of the typed arrays; all else stays as it is. */
function mapArrays(value: unknown, change: (array: ArrayBufferView) => unknown): unknown {
  if (ArrayBuffer.isView(value)) return change(value);
  if (Array.isArray(value)) return value.map((each) => mapArrays(each, change));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapArrays(each, change)]));
}

/** A copy whose arrays share no memory with those of `value`. */
export function copyArrays<Value>(value: Value): Value {
  return mapArrays(value, (array) => viewOn(array, array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength), 0)) as Value;
}

/**
 * A copy whose arrays all look into one new buffer, which can be handed to another thread: sending it copies nothing, and takes nothing away from whoever made the arrays.
 */
export function packArrays(value: unknown): { readonly packed: unknown; readonly buffer: ArrayBuffer } {
  let size = 0;
  mapArrays(value, ({ byteLength }) => (size += aligned(byteLength)));
  const bytes = new Uint8Array(size);
  let offset = 0;
  const packed = mapArrays(value, (array) => {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    const view = viewOn(array, bytes.buffer, offset);
    offset += aligned(array.byteLength);
    return view;
  });
  return { packed, buffer: bytes.buffer };
}

/** The buffers that a batch of `collate` has of its own, to be handed to another thread: not those in lists, which are the samples' own. */
export function freshBuffers(batch: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(batch)) return [batch.buffer as ArrayBuffer];
  return isRecord(batch) ? Object.values(batch).flatMap(freshBuffers) : [];
}

/** Doubles must begin at a multiple of eight. */
function aligned(byteLength: number): number {
  return Math.ceil(byteLength / 8) * 8;
}

/** An array of the same type and length on another buffer. Node's Buffer becomes a plain Uint8Array. */
function viewOn(array: ArrayBufferView, buffer: ArrayBufferLike, offset: number): ArrayBufferView {
  if (array instanceof DataView) return new DataView(buffer, offset, array.byteLength);
  const type = (array instanceof Uint8Array ? Uint8Array : array.constructor) as new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => TypedArray;
  return new type(buffer, offset, (array as TypedArray).length);
}

/** Whether a value is a plain object: what batches and samples are taken apart by. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

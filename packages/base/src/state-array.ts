import { isHostTensor, type HostTensor } from "./host-tensor.js";
import type { StateArray } from "./state-tree.js";

/** The typed arrays that state may hold, by the name they have in text. */
export const STATE_ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  uint8: Uint8Array,
} as const;

/** The name of a {@link StateArray}'s type. */
export type StateArrayName = keyof typeof STATE_ARRAYS;

/** The name of an array's type, or undefined for anything but a {@link StateArray}. */
export function stateArrayName(value: unknown): StateArrayName | undefined {
  const names = Object.keys(STATE_ARRAYS) as StateArrayName[];
  return names.find((name) => value instanceof STATE_ARRAYS[name]);
}

/** The bytes that an array looks at, not copied. Little-endian, as every platform that JavaScript runs on today. */
export function bytesOf(array: StateArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Whether a value is exactly a host tensor: nothing else in it, and its parts agree. A record that only looks like one stays a record. */
export function isStateTensor(value: unknown): value is HostTensor {
  if (!isHostTensor(value) || Object.keys(value).length !== 3) return false;
  const stored = value.dtype === "bool" ? "uint8" : value.dtype;
  const isFit = stored !== undefined && ["float32", "int32", "uint8"].includes(stored) && stateArrayName(value.data) === stored;
  const isShape = value.shape.every((length) => Number.isSafeInteger(length) && length >= 0 && !Object.is(length, -0));
  return isFit && isShape && value.shape.reduce((product, length) => product * length, 1) === value.data.length;
}

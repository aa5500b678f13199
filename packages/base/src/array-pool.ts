import type { StateArray } from "./state-tree.js";

/** Smaller arrays are made anew: for them memory costs nothing. */
const LEAST_BYTES = 1 << 16;

/** Memory given back, by its length in bytes. */
const free = new Map<number, ArrayBuffer[]>();

/** A constructor of typed arrays on memory of one kind. */
type ArrayType<A extends StateArray> = new (buffer: ArrayBuffer) => A;

/**
 * A copy of an array, in memory that {@link recycleArrays} was given where that fits: the system takes three times as long to hand out fresh memory as the copying does.
 * @param Type of the copy. @default the array's own; values are converted as by `set`
 */
export function copyArray<A extends StateArray = StateArray>(values: ArrayLike<number> & StateArray, Type?: ArrayType<A>): A {
  const Copy = (Type ?? values.constructor) as ArrayType<A> & { readonly BYTES_PER_ELEMENT: number };
  const lengthBytes = values.length * Copy.BYTES_PER_ELEMENT;
  const copy = new Copy(free.get(lengthBytes)?.pop() ?? new ArrayBuffer(lengthBytes));
  copy.set(values);
  return copy;
}

/** Gives the memory of arrays to later copies. Each must be alone in its buffer, and nobody may look at it any more. */
export function recycleArrays(arrays: Iterable<{ readonly buffer: ArrayBufferLike }>): void {
  for (const { buffer } of arrays) {
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < LEAST_BYTES) continue;
    const known = free.get(buffer.byteLength);
    if (known) known.push(buffer);
    else free.set(buffer.byteLength, [buffer]);
  }
}

/** Leaves all memory that was given back to the garbage collector. */
export function forgetRecycledArrays(): void {
  free.clear();
}

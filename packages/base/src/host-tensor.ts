import { SnapfitError } from "./snapfit-error.js";

/** Element types of a {@link HostTensor}. `bool` stands in a Uint8Array of 0 and 1. */
export type HostDType = "float32" | "int32" | "uint8" | "bool";

/** The typed array that holds a {@link HostDType}. */
export type HostData<D extends HostDType = HostDType> = D extends "float32" ? Float32Array : D extends "int32" ? Int32Array : Uint8Array;

/** A shape of known rank: `ShapeOf<2>` is `readonly [number, number]`. TensorFlow.js goes up to 6. */
export type ShapeOf<Rank extends number> = ShapesByRank[Rank];
// A table, not a recursive type: with it the compiler sees that a HostTensor<2> is a HostTensor.
interface ShapesByRank {
  readonly [rank: number]: readonly number[];
  readonly 0: readonly [];
  readonly 1: readonly [number];
  readonly 2: readonly [number, number];
  readonly 3: readonly [number, number, number];
  readonly 4: readonly [number, number, number, number];
  readonly 5: readonly [number, number, number, number, number];
  readonly 6: readonly [number, number, number, number, number, number];
}

/**
 * An array in host memory with a shape, row by row. It is what loaders yield; the trainer makes a tensor of the same rank of it.
 * `uint8` becomes an int32 tensor, since TensorFlow.js has no smaller integers.
 */
export interface HostTensor<Rank extends number = number, D extends HostDType = HostDType> {
  readonly dtype: D;
  readonly shape: ShapeOf<Rank>;
  readonly data: HostData<D>;
}

/**
 * Makes a host tensor. Keeps `data`, does not copy it.
 * @param shape non-negative integers whose product is `data.length`; its length fixes the rank in the type.
 * @param dtype follows from the array when left out (`Uint8Array` is `uint8`).
 * @throws SnapfitError `SHAPE_MISMATCH` if the shape does not hold the data, `DTYPE_MISMATCH` if the array cannot hold the dtype.
 */
export function hostTensor<const Shape extends readonly number[], Data extends Float32Array | Int32Array | Uint8Array>(
  data: Data,
  shape: Shape,
  dtype?: HostDType,
): HostTensor<Shape["length"], Data extends Float32Array ? "float32" : Data extends Int32Array ? "int32" : "uint8" | "bool"> {
  const natural = data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "uint8";
  const chosen = dtype ?? natural;
  if (chosen !== natural && !(chosen === "bool" && natural === "uint8")) {
    throw new SnapfitError(
      "DTYPE_MISMATCH",
      `A ${data.constructor.name} cannot hold ${chosen}. hostTensor() takes float32 in a Float32Array, int32 in an Int32Array, uint8 and bool in a Uint8Array.`,
    );
  }
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length || shape.some((length) => !Number.isInteger(length) || length < 0)) {
    throw new SnapfitError(
      "SHAPE_MISMATCH",
      `Shape [${shape.join(", ")}] holds ${size} values, but the array has ${data.length}. Give a shape of non-negative integers whose product is the length of the array.`,
    );
  }
  return { dtype: chosen, shape, data } as never;
}

/** Whether a value is a {@link HostTensor}. */
export function isHostTensor(value: unknown): value is HostTensor {
  return (
    typeof value === "object" &&
    value !== null &&
    "data" in value &&
    ArrayBuffer.isView(value.data) &&
    "shape" in value &&
    Array.isArray(value.shape) &&
    "dtype" in value
  );
}

import type { HostDType, HostTensor } from "@snapfit/base";
import { npyFault } from "./npy-error.js";

/** Element types of NPY files that are read, and the arrays that hold them. `float16` is read as `float32`. */
interface NpyData {
  readonly bool: Uint8Array;
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
  readonly int16: Int16Array;
  readonly uint16: Uint16Array;
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
  readonly int64: BigInt64Array;
  readonly uint64: BigUint64Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/** Element types of an {@link NpyArray}. */
export type NpyDType = keyof NpyData;

/** An array as an NPY file holds it, row by row. One of `float32`, `int32`, `uint8` or `bool` is a host tensor. */
export type NpyArray = {
  readonly [DType in NpyDType]: { readonly dtype: DType; readonly shape: readonly number[]; readonly data: NpyData[DType] };
}[NpyDType];

/** How the values of an NPY file are stored. */
export interface NpyType {
  readonly dtype: NpyDType | "float16";
  readonly sizeBytes: number;
  /** Whether bytes come in the other order than typed arrays have them. */
  readonly isSwapped: boolean;
}

const DTYPES: Readonly<Record<string, NpyType["dtype"]>> = {
  b1: "bool",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};

/** What a `descr` such as "<f4" says; undefined if it is not read. */
export function npyType(descr: string): NpyType | undefined {
  const dtype = /^[<>|=]/.test(descr) ? DTYPES[descr.slice(1)] : undefined;
  const sizeBytes = Number(descr.at(-1));
  return dtype && { dtype, sizeBytes, isSwapped: descr[0] === ">" && sizeBytes > 1 };
}

/** The values in `bytes`, which is looked into where it can be, and copied where it must be. */
export function readValues(bytes: Uint8Array, { dtype, sizeBytes, isSwapped }: NpyType): NpyArray["data"] {
  const isAligned = bytes.byteOffset % sizeBytes === 0;
  // Not slice(), which does not copy a Buffer.
  const own = isAligned && !isSwapped ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : new Uint8Array(bytes);
  if (isSwapped) for (let at = 0; at < own.length; at += sizeBytes) own.subarray(at, at + sizeBytes).reverse();
  const range = [own.buffer, own.byteOffset, own.length / sizeBytes] as const;
  switch (dtype) {
    case "bool":
      return own.some((value) => value > 1) ? own.map((value) => Math.min(value, 1)) : own;
    case "uint8":
      return own;
    case "int8":
      return new Int8Array(...range);
    case "int16":
      return new Int16Array(...range);
    case "uint16":
      return new Uint16Array(...range);
    case "int32":
      return new Int32Array(...range);
    case "uint32":
      return new Uint32Array(...range);
    case "int64":
      return new BigInt64Array(...range);
    case "uint64":
      return new BigUint64Array(...range);
    case "float16":
      return Float32Array.from(new Uint16Array(...range), fromHalf);
    case "float32":
      return new Float32Array(...range);
    case "float64":
      return new Float64Array(...range);
  }
}

/** The value of IEEE 754 binary16 bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Values that stand column by column, row by row. */
export function fromColumns<Data extends NpyArray["data"]>(data: Data, shape: readonly number[]): Data {
  const out = data.slice() as Data;
  const position = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, length) => product * length, 1));
  for (let to = 0, from = 0; to < out.length; to++) {
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      position[axis] = 0;
      from -= strides[axis]! * shape[axis]!;
    }
  }
  return out;
}

const RANGES: Readonly<Record<HostDType, readonly [number, number]>> = {
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  bool: [0, 1],
};

const HOLDS: Readonly<Record<HostDType, string>> = {
  float32: "numbers up to 3.4e38",
  int32: "whole numbers from -2147483648 to 2147483647",
  uint8: "whole numbers from 0 to 255",
  bool: "0 and 1",
};

/** The same values as another dtype. @throws SnapfitError `NPY_VALUE` at the first that it cannot hold. */
export function convertValues(array: NpyArray, dtype: HostDType, file: string): HostTensor {
  if (array.dtype === dtype) return array;
  const { shape, data } = array;
  const [least, most] = RANGES[dtype];
  const isFloat = dtype === "float32";
  const values = isFloat ? new Float32Array(data.length) : dtype === "int32" ? new Int32Array(data.length) : new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    const fits = value >= least && value <= most && (isFloat || Number.isInteger(value));
    if (!fits && !(isFloat && !Number.isFinite(value)))
      throw npyFault(
        "NPY_VALUE",
        file,
        `value [${positionOf(i, shape).join(", ")}] is ${String(data[i])}, but ${dtype} holds ${HOLDS[dtype]}`,
        "Ask for another dtype.",
      );
    values[i] = value;
  }
  return { dtype, shape, data: values };
}

function positionOf(index: number, shape: readonly number[]): number[] {
  return shape.map((length, axis) => Math.floor(index / shape.slice(axis + 1).reduce((product, size) => product * size, 1)) % length);
}

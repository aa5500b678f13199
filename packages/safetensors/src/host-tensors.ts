import { hostTensor, type HostData, type HostTensor } from "@snapfit/base";
import type { SafetensorsDtype } from "./dtype.js";
import { checkBytes } from "./encode-safetensors.js";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "./half-floats.js";
import type { SafetensorsTensor } from "./parse-safetensors.js";
import { quoted, safetensorsError } from "./safetensors-error.js";

type Read = (buffer: ArrayBuffer, name: string, dtype: SafetensorsDtype) => HostData;

/** Values of the dtypes that TensorFlow.js can hold. */
const READERS: { readonly [D in SafetensorsDtype]?: Read } = {
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => fromFloat16(new Uint16Array(buffer)),
  BF16: (buffer) => fromBfloat16(new Uint16Array(buffer)),
  F64: (buffer, name, dtype) => narrowed(name, dtype, new Float64Array(buffer)),
  I32: (buffer) => new Int32Array(buffer),
  U8: (buffer) => Int32Array.from(new Uint8Array(buffer)),
  I8: (buffer) => Int32Array.from(new Int8Array(buffer)),
  U16: (buffer) => Int32Array.from(new Uint16Array(buffer)),
  I16: (buffer) => Int32Array.from(new Int16Array(buffer)),
  U32: (buffer, name, dtype) => inRange(name, dtype, new Uint32Array(buffer)),
  U64: (buffer, name, dtype) => inRange(name, dtype, new BigUint64Array(buffer)),
  I64: (buffer, name, dtype) => inRange(name, dtype, new BigInt64Array(buffer)),
  BOOL: (buffer, name, dtype) => zerosAndOnes(name, dtype, new Uint8Array(buffer)),
};

/**
 * The values of a tensor as TensorFlow.js has them: F32, F16, BF16 and F64 as float32; I32 and all other integers as int32; BOOL as bool.
 * Always a copy.
 * @param name stands in errors.
 * @throws SnapfitError `VALUE_RANGE` if a value does not fit, `DTYPE_UNSUPPORTED` for C64 and floats of 8 bits and less, `BYTES_MISMATCH`.
 */
export function toHostTensor(tensor: SafetensorsTensor, name = "?"): HostTensor {
  const { dtype, shape, bytes } = tensor;
  checkBytes(name, tensor, bytes);
  const read = READERS[dtype];
  if (read === undefined)
    throw safetensorsError(
      "DTYPE_UNSUPPORTED",
      `Tensor ${quoted(name)} is ${dtype}. TensorFlow.js has nothing to hold it. Decode its bytes yourself, or convert it where it was written.`,
    );
  // A copy is aligned for every typed array, and nothing written to it reaches the file's bytes.
  const copy = new Uint8Array(bytes);
  return hostTensor(read(copy.buffer, name, dtype), shape, dtype === "BOOL" ? "bool" : undefined);
}

/** How floats are written. */
export interface FromTensorOptions {
  /** Rounds float32 values to 16 bits, ties to even. Other dtypes stay as they are. @default "F32" */
  readonly floats?: "F32" | "F16" | "BF16";
}

/**
 * A tensor for a file: F32, I32, U8 or BOOL. Always a copy.
 * @param name stands in errors. @throws SnapfitError `VALUE_RANGE` if a finite value rounds to Infinity.
 */
export function fromHostTensor({ data, dtype, shape }: HostTensor, options: FromTensorOptions = {}, name = "?"): SafetensorsTensor {
  if (!(data instanceof Float32Array)) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    return { dtype: data instanceof Int32Array ? "I32" : dtype === "bool" ? "BOOL" : "U8", shape, bytes };
  }
  const { floats = "F32" } = options;
  const rounded = floats === "F32" ? data.slice() : floats === "F16" ? toFloat16(data) : toBfloat16(data);
  const infinity = floats === "F16" ? 0x7c00 : 0x7f80;
  if (rounded instanceof Uint16Array) {
    const at = rounded.findIndex((half, i) => (half & 0x7fff) === infinity && Number.isFinite(data[i]));
    if (at >= 0) throw outOfRange(name, floats, data[at]!, floats);
  }
  return { dtype: floats, shape, bytes: new Uint8Array(rounded.buffer) };
}

/** All tensors of a record, such as a model's weights, for a file. @throws SnapfitError `VALUE_RANGE` */
export function fromHostTensors(
  tensors: Readonly<Record<string, HostTensor>>,
  options?: FromTensorOptions,
): Map<string, SafetensorsTensor> {
  return new Map(Object.entries(tensors).map(([name, tensor]) => [name, fromHostTensor(tensor, options, name)]));
}

function narrowed(name: string, dtype: SafetensorsDtype, values: Float64Array): Float32Array {
  const floats = Float32Array.from(values);
  const at = values.findIndex((value, i) => Number.isFinite(value) && !Number.isFinite(floats[i]));
  if (at >= 0) throw outOfRange(name, dtype, values[at]!, "float32");
  return floats;
}

function inRange(name: string, dtype: SafetensorsDtype, values: Uint32Array | BigInt64Array | BigUint64Array): Int32Array {
  const integers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    integers[i] = Number(values[i]!);
    if (integers[i] !== Number(values[i]!)) throw outOfRange(name, dtype, values[i]!, "int32");
  }
  return integers;
}

function zerosAndOnes(name: string, dtype: SafetensorsDtype, values: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const other = values.find((value) => value > 1);
  if (other !== undefined) throw outOfRange(name, dtype, other, "bool");
  return values;
}

function outOfRange(name: string, dtype: string, value: number | bigint, target: string): Error {
  return safetensorsError(
    "VALUE_RANGE",
    `Tensor ${quoted(name)} of ${dtype} holds ${value}, which ${target} cannot. Read its bytes yourself, or change what writes it.`,
  );
}

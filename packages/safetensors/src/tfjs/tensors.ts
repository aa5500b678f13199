import { hostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { fromHostTensor, toHostTensor, type FromTensorOptions } from "../host-tensors.js";
import type { SafetensorsTensor } from "../parse-safetensors.js";
import { quoted, safetensorsError } from "../safetensors-error.js";

/**
 * Makes a TensorFlow.js tensor, which the caller disposes. Widens as {@link toHostTensor} does.
 * @param name stands in errors. @throws SnapfitError `VALUE_RANGE`, `DTYPE_UNSUPPORTED`, `BYTES_MISMATCH`.
 */
export function toTensor(tensor: SafetensorsTensor, name?: string): tf.Tensor {
  const { data, shape, dtype } = toHostTensor(tensor, name);
  return tf.tensor(data, [...shape], dtype as "float32" | "int32" | "bool");
}

/**
 * Reads a TensorFlow.js tensor for a file: float32 as F32, F16 or BF16, int32 as I32, bool as BOOL.
 * @param name stands in errors. @throws SnapfitError `DTYPE_UNSUPPORTED` for text and complex numbers, `VALUE_RANGE`.
 */
export async function fromTensor(tensor: tf.Tensor, options?: FromTensorOptions, name = "?"): Promise<SafetensorsTensor> {
  const { dtype, shape } = tensor;
  // A cast leaves the array of the dtype before it under a tensor, so the array is converted, not trusted.
  if (dtype === "float32") return fromHostTensor(hostTensor(Float32Array.from(await tensor.data()), shape), options, name);
  if (dtype === "int32") return fromHostTensor(hostTensor(Int32Array.from(await tensor.data()), shape), options, name);
  if (dtype === "bool") return fromHostTensor(hostTensor(Uint8Array.from(await tensor.data()), shape, "bool"), options, name);
  throw safetensorsError(
    "DTYPE_UNSUPPORTED",
    `Tensor ${quoted(name)} is ${dtype}. float32, int32 and bool tensors can be written. Split or encode it first.`,
  );
}

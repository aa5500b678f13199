import { bitsOf, isSafetensorsDtype, safetensorsDtypes, type SafetensorsDtype } from "./dtype.js";
import { quoted, safetensorsError } from "./safetensors-error.js";

/** As many dimensions as NumPy has at most. */
export const MAX_DIMENSIONS = 64;

/** @throws SnapfitError `DTYPE_UNKNOWN`. */
export function checkDtype(name: string, dtype: unknown): SafetensorsDtype {
  if (isSafetensorsDtype(dtype)) return dtype;
  const received = typeof dtype === "string" ? quoted(dtype) : String(dtype);
  throw safetensorsError(
    "DTYPE_UNKNOWN",
    `Tensor ${quoted(name)} has the dtype ${received}. The format has ${safetensorsDtypes.join(", ")}. Check who wrote it.`,
  );
}

/**
 * Bytes of a tensor.
 * @throws SnapfitError `SHAPE_INVALID` if the shape is not of non-negative integers, too large to address, or ends within a byte.
 */
export function tensorBytes(name: string, dtype: SafetensorsDtype, shape: readonly number[]): number {
  if (shape.length > MAX_DIMENSIONS)
    throw safetensorsError(
      "SHAPE_INVALID",
      `Tensor ${quoted(name)} has more than ${MAX_DIMENSIONS} dimensions, the most that are allowed. Check the shape.`,
    );
  let bits = bitsOf(dtype);
  let isValid = true;
  for (const length of shape) {
    bits *= length;
    isValid &&= Number.isSafeInteger(length) && length >= 0 && Number.isSafeInteger(bits);
  }
  if (!isValid || bits % 8 !== 0)
    throw safetensorsError(
      "SHAPE_INVALID",
      `Tensor ${quoted(name)} of ${dtype} has the shape [${shape.join(", ")}]. Lengths are non-negative integers whose product fills whole bytes, at most 2^50. Check the shape.`,
    );
  return bits / 8;
}

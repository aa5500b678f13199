import { SnapfitError } from "@snapfit/base";

/** Why a safetensors file, tensor or mapping is refused; `code` of the SnapfitError. Each is explained in the README. */
export type SafetensorsErrorCode =
  | "BYTES_MISMATCH"
  | "DTYPE_UNSUPPORTED"
  | "DTYPE_UNKNOWN"
  | "DUPLICATE_KEY"
  | "FILE_CHANGED"
  | "HEADER_INVALID"
  | "HEADER_LENGTH"
  | "INDEX_INVALID"
  | "MAPPING_MISMATCH"
  | "METADATA_INVALID"
  | "NAME_INVALID"
  | "OFFSETS_INVALID"
  | "SHAPE_INVALID"
  | "SLICE_RANGE"
  | "TENSOR_MISSING"
  | "VALUE_RANGE";

/** @param message what happened with the value received; what was expected; what to do. */
export function safetensorsError(code: SafetensorsErrorCode, message: string, cause?: unknown): SnapfitError<SafetensorsErrorCode> {
  return new SnapfitError(code, message, cause === undefined ? undefined : { cause });
}

/** A text from outside for a message: in quotes, control characters escaped, no longer than a line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

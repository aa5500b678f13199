import type { SafetensorsDtype } from "./dtype.js";
import { headerBytes, parseHeader, PREFIX_BYTES } from "./header.js";

/** A tensor as it lies in a file. */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDtype;
  /** `[]` is a scalar. */
  readonly shape: readonly number[];
  /** Little-endian, row by row. */
  readonly bytes: Uint8Array;
}

/** The contents of a file. */
export interface SafetensorsContents {
  /** In the order of the file; empty where it has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

/**
 * Reads a file that is in memory. Nothing is copied: the tensors are views of `file`.
 * @throws SnapfitError `HEADER_LENGTH`, `HEADER_INVALID`, `DUPLICATE_KEY`, `DTYPE_UNKNOWN`, `SHAPE_INVALID` or `OFFSETS_INVALID`.
 */
export function parseSafetensors(file: Uint8Array): SafetensorsContents {
  const length = headerBytes(file.subarray(0, PREFIX_BYTES), file.length);
  const { metadata, entries } = parseHeader(file.subarray(PREFIX_BYTES, PREFIX_BYTES + length), file.length);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, { dtype, shape, offset, lengthBytes }] of entries)
    tensors.set(name, { dtype, shape, bytes: file.subarray(offset, offset + lengthBytes) });
  return { metadata, tensors };
}

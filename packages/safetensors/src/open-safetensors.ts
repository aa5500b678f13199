import { SnapfitError, type Storage } from "@snapfit/base";
import { headerBytes, parseHeader, PREFIX_BYTES, type SafetensorsEntry, type SafetensorsHeader } from "./header.js";
import type { SafetensorsTensor } from "./parse-safetensors.js";
import { safetensorsError } from "./safetensors-error.js";
import { tensorMissing } from "./tensor-missing.js";
import { readBox } from "./read-box.js";

/** A file whose header has been read. Tensors are read when they are asked for; nothing is kept open. */
export interface SafetensorsFile {
  /** In the order of the file; empty where it has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of the payload. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** One tensor. @throws SnapfitError `TENSOR_MISSING`, `FILE_CHANGED`. */
  read(name: string): Promise<SafetensorsTensor>;
  /**
   * A part of a tensor, as `tf.slice` cuts it: `size[i]` indices from `begin[i]` on, in each dimension. Only the parts of the file between the
   * first and the last of them are read, at most 4 MiB at a time beside the result.
   * @throws SnapfitError `SLICE_RANGE` if it reaches beyond the tensor or, in F4 and F6, cuts through a byte; `TENSOR_MISSING`, `FILE_CHANGED`.
   */
  readSlice(name: string, begin: readonly number[], size: readonly number[]): Promise<SafetensorsTensor>;
}

/**
 * Opens a file by reading its header alone.
 * @throws SnapfitError as `parseSafetensors` does, with the path in the message, and those of the storage.
 */
export async function openSafetensors(storage: Storage, path: string): Promise<SafetensorsFile> {
  const { metadata, entries } = await readHeader(storage, path);

  function entryOf(name: string): SafetensorsEntry {
    const entry = entries.get(name);
    if (entry !== undefined) return entry;
    throw tensorMissing(path, name, entries);
  }

  async function readRange(offset: number, lengthBytes: number): Promise<Uint8Array> {
    const bytes = await storage.read(path, { offset, lengthBytes });
    if (bytes.length === lengthBytes) return bytes;
    throw safetensorsError(
      "FILE_CHANGED",
      `"${path}" ends ${lengthBytes - bytes.length} bytes too early. It was longer when it was opened. Open it again when nobody writes it.`,
    );
  }

  return {
    metadata,
    entries,
    async read(name) {
      const { dtype, shape, offset, lengthBytes } = entryOf(name);
      return { dtype, shape, bytes: await readRange(offset, lengthBytes) };
    },
    async readSlice(name, begin, size) {
      const entry = entryOf(name);
      return { dtype: entry.dtype, shape: [...size], bytes: await readBox(name, entry, begin, size, readRange) };
    },
  };
}

async function readHeader(storage: Storage, path: string): Promise<SafetensorsHeader> {
  const prefix = await storage.read(path, { offset: 0, lengthBytes: PREFIX_BYTES });
  const fileBytes = (await storage.stat(path))?.sizeBytes ?? 0;
  const length = named(path, () => headerBytes(prefix, fileBytes));
  const header = await storage.read(path, { offset: PREFIX_BYTES, lengthBytes: length });
  return named(path, () => parseHeader(header, fileBytes));
}

/** Puts the path into the message of an error. */
function named<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SnapfitError)) throw error;
    throw new SnapfitError(error.code, `"${path}": ${error.message}`, { cause: error });
  }
}

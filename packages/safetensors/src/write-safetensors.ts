import type { Storage } from "@snapfit/base";
import type { SafetensorsDtype } from "./dtype.js";
import { checkBytes, type SafetensorsWriteOptions } from "./encode-safetensors.js";
import { layOutSafetensors } from "./lay-out.js";
import type { SafetensorsTensor } from "./parse-safetensors.js";

/** A tensor that is written when its turn comes. */
export interface SafetensorsSource {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Gives its bytes, little-endian and row by row. Called once; the bytes are let go before the next tensor is asked for. */
  bytes(): Uint8Array | Promise<Uint8Array>;
}

/** Small tensors are collected up to this size, since each `append` opens the file. */
const CHUNK_BYTES = 1 << 20;

/**
 * Writes a file tensor by tensor, beside the memory of one and a chunk of 1 MiB. The bytes go to `<path>.partial`, which then takes the place of
 * what is at `path`; on failure it is removed. Not durable before `storage.sync(path)`.
 * @throws SnapfitError `BYTES_MISMATCH`, those of `layOutSafetensors`, those of the storage, and whatever a source throws.
 */
export async function writeSafetensors(
  storage: Storage,
  path: string,
  tensors: ReadonlyMap<string, SafetensorsTensor | SafetensorsSource>,
  options: SafetensorsWriteOptions = {},
): Promise<void> {
  const { header, order } = layOutSafetensors(tensors, options.metadata);
  const partial = `${path}.partial`;
  try {
    await storage.write(partial, header);
    const chunk = new ChunkedAppend(storage, partial);
    for (const name of order) await appendTensor(chunk, name, tensors.get(name)!);
    await chunk.flush();
    await storage.rename(partial, path);
  } catch (error) {
    await storage.remove(partial).catch(() => {});
    throw error;
  }
}

/** A function of its own: a loop that awaits would hold the bytes of one tensor while the next are made. */
async function appendTensor(chunk: ChunkedAppend, name: string, source: SafetensorsTensor | SafetensorsSource): Promise<void> {
  const bytes = typeof source.bytes === "function" ? await source.bytes() : source.bytes;
  checkBytes(name, source, bytes);
  await chunk.append(bytes);
}

class ChunkedAppend {
  readonly #storage: Storage;
  readonly #path: string;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #length = 0;

  constructor(storage: Storage, path: string) {
    this.#storage = storage;
    this.#path = path;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#length + bytes.length > CHUNK_BYTES) await this.flush();
    if (bytes.length > CHUNK_BYTES) return this.#storage.append(this.#path, bytes);
    this.#chunk.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.#length > 0) await this.#storage.append(this.#path, this.#chunk.subarray(0, this.#length));
    this.#length = 0;
  }
}

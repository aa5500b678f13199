import type { Storage } from "@snapfit/base";
import type { SafetensorsWriteOptions } from "./encode-safetensors.js";
import { quoted, safetensorsError } from "./safetensors-error.js";
import { tensorBytes } from "./tensor-size.js";
import { writeSafetensors, type SafetensorsSource } from "./write-safetensors.js";

export interface ShardedWriteOptions extends SafetensorsWriteOptions {
  /** Bytes of tensors in one file; a larger tensor has a file of its own. @default 5e9 */
  readonly maxShardBytes?: number;
}

const INDEX_SUFFIX = ".safetensors.index.json";

/**
 * Writes a set of files and an index, named as Hugging Face names them: `model-00001-of-00003.safetensors`, …, `model.safetensors.index.json`.
 * Tensors are spread in the given order; the index comes last. Holds one tensor at a time.
 * @param indexPath path of the index; ends with `.safetensors.index.json`. The files lie beside it, and should be new: a crash leaves some of
 * them.
 * @throws SnapfitError `NAME_INVALID` for another path, and those of `writeSafetensors`.
 */
export async function writeShardedSafetensors(
  storage: Storage,
  indexPath: string,
  tensors: ReadonlyMap<string, SafetensorsSource>,
  options: ShardedWriteOptions = {},
): Promise<void> {
  if (!indexPath.endsWith(INDEX_SUFFIX))
    throw safetensorsError("NAME_INVALID", `The index is to be ${quoted(indexPath)}. Its name ends with ${INDEX_SUFFIX}. Add that.`);
  const { maxShardBytes = 5e9, metadata } = options;
  const { shards, totalBytes } = divide(tensors, maxShardBytes);
  const stem = indexPath.slice(0, -INDEX_SUFFIX.length);
  const fiveDigits = (count: number): string => String(count).padStart(5, "0");
  const files = new Map<string, string>();
  for (const [index, shard] of shards.entries()) {
    const path = `${stem}-${fiveDigits(index + 1)}-of-${fiveDigits(shards.length)}.safetensors`;
    await writeSafetensors(storage, path, shard, metadata === undefined ? {} : { metadata });
    for (const name of shard.keys()) files.set(name, path.slice(path.lastIndexOf("/") + 1));
  }
  const index = { metadata: { total_size: totalBytes }, weight_map: Object.fromEntries(files) };
  await storage.write(`${indexPath}.partial`, new TextEncoder().encode(`${JSON.stringify(index, undefined, 2)}\n`));
  await storage.rename(`${indexPath}.partial`, indexPath);
}

function divide(
  tensors: ReadonlyMap<string, SafetensorsSource>,
  maxBytes: number,
): { shards: Map<string, SafetensorsSource>[]; totalBytes: number } {
  const shards = [new Map<string, SafetensorsSource>()];
  let shardBytes = 0;
  let totalBytes = 0;
  for (const [name, source] of tensors) {
    const lengthBytes = tensorBytes(name, source.dtype, source.shape);
    if (shardBytes > 0 && shardBytes + lengthBytes > maxBytes) {
      shards.push(new Map());
      shardBytes = 0;
    }
    shards.at(-1)!.set(name, source);
    shardBytes += lengthBytes;
    totalBytes += lengthBytes;
  }
  return { shards, totalBytes };
}

import type { Storage } from "@snapfit/base";
import { MAX_HEADER_BYTES } from "./header.js";
import { openSafetensors, type SafetensorsFile } from "./open-safetensors.js";
import { quoted, safetensorsError } from "./safetensors-error.js";
import { tensorMissing } from "./tensor-missing.js";

/**
 * Opens a set of files by its index (`model.safetensors.index.json`) and reads their headers. The result behaves as one file: `entries` are those of
 * all files, each with the offset in its own, and `metadata` is put together.
 * @throws SnapfitError `INDEX_INVALID` if the index is damaged, leads out of its folder, or does not agree with the files; those of `openSafetensors`.
 */
export async function openShardedSafetensors(storage: Storage, indexPath: string): Promise<SafetensorsFile> {
  const fileOf = await readIndex(storage, indexPath);
  const folder = indexPath.slice(0, indexPath.lastIndexOf("/") + 1);
  const fileNames = [...new Set(fileOf.values())];
  const files = new Map<string, SafetensorsFile>();
  for (const name of fileNames) files.set(name, await openSafetensors(storage, folder + name));
  for (const [name, file] of files)
    for (const tensor of file.entries.keys())
      if (fileOf.get(tensor) !== name) throw invalid(indexPath, `does not say that ${quoted(tensor)} is in ${quoted(name)}, where it is`);
  for (const [tensor, name] of fileOf)
    if (!files.get(name)!.entries.has(tensor))
      throw invalid(indexPath, `says that ${quoted(tensor)} is in ${quoted(name)}, where it is not`);
  const all = [...files.values()];
  const entries = new Map(all.flatMap((file) => [...file.entries]));

  function holder(tensor: string): SafetensorsFile {
    const name = fileOf.get(tensor);
    if (name !== undefined) return files.get(name)!;
    throw tensorMissing(indexPath, tensor, entries);
  }

  return {
    metadata: new Map(all.flatMap((file) => [...file.metadata])),
    entries,
    read: async (name) => holder(name).read(name),
    readSlice: async (name, begin, size) => holder(name).readSlice(name, begin, size),
  };
}

/** File name by tensor. */
async function readIndex(storage: Storage, path: string): Promise<Map<string, string>> {
  const { sizeBytes = 0 } = (await storage.stat(path)) ?? {};
  if (sizeBytes > MAX_HEADER_BYTES) throw invalid(path, `has ${sizeBytes} bytes, more than 100 MB`);
  const weightMap = weightMapOf(path, await storage.read(path));
  const fileOf = new Map<string, string>();
  for (const [tensor, file] of Object.entries(weightMap)) {
    if (typeof file !== "string" || file === "" || file === "." || file === ".." || /[/\\\0]/.test(file))
      throw invalid(path, `says that ${quoted(tensor)} is in ${quoted(String(file))}, which is no name of a file beside it`);
    fileOf.set(tensor, file);
  }
  return fileOf;
}

function weightMapOf(path: string, bytes: Uint8Array): object {
  try {
    const index: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const weightMap: unknown = (index as { weight_map?: unknown } | null)?.weight_map;
    if (typeof weightMap === "object" && weightMap !== null && !Array.isArray(weightMap)) return weightMap;
  } catch (cause) {
    throw invalid(path, "is no JSON", cause);
  }
  throw invalid(path, "has no weight_map");
}

function invalid(path: string, what: string, cause?: unknown): Error {
  return safetensorsError(
    "INDEX_INVALID",
    `The index "${path}" ${what}. An index names each tensor's file. Fetch or write the set again.`,
    cause,
  );
}

import { SnapfitError, parseState, stringifyState, type StateRecord, type Storage } from "@snapfit/base";
import { openSafetensors, writeSafetensors, type SafetensorsTensor } from "@snapfit/safetensors";
import {
  damaged,
  digestArray,
  hashDigests,
  hashState,
  openTexts,
  sealTexts,
  type ArrayDigest,
  type CheckpointInfo,
  type CheckpointTexts,
  type PackedCheckpoint,
} from "./checkpoint.js";

/** `ckpt`: one file. `safetensors`: a folder with the weights alone in a file that any tool reads. */
export type CheckpointFormat = "ckpt" | "safetensors";

const WEIGHTS = "weights/";
const MEMBERS = { weights: "model.safetensors", rest: "state.safetensors", texts: "state.json" } as const;

/** Writes a checkpoint at a path where nothing is, makes its bytes durable, and proves them by reading them back. The name is not durable yet. */
export async function writeCheckpoint(
  storage: Storage,
  path: string,
  format: CheckpointFormat,
  packed: PackedCheckpoint,
  info: CheckpointInfo,
  hash: string,
): Promise<void> {
  const texts = sealTexts(packed.texts, info, hash);
  if (format === "ckpt") {
    await writeSafetensors(storage, path, packed.arrays, { metadata: texts });
    await storage.sync(path);
    return proveCheckpoint(storage, path);
  }
  const { topology } = packed.texts;
  const weights = [...packed.arrays]
    .filter(([name]) => name.startsWith(WEIGHTS))
    .map(([name, tensor]) => [name.slice(WEIGHTS.length), tensor] as const);
  const rest = [...packed.arrays].filter(([name]) => !name.startsWith(WEIGHTS));
  await writeSafetensors(storage, `${path}/${MEMBERS.weights}`, new Map(weights), { metadata: topology === undefined ? {} : { topology } });
  await writeSafetensors(storage, `${path}/${MEMBERS.rest}`, new Map(rest));
  await storage.write(`${path}/${MEMBERS.texts}`, new TextEncoder().encode(`${stringifyState(texts)}\n`));
  for (const member of Object.values(MEMBERS)) await storage.sync(`${path}/${member}`);
  await storage.sync(path);
  await proveCheckpoint(storage, path);
}

/** What a checkpoint tells of itself; its arrays are not read. @throws SnapfitError `CHECKPOINT_DAMAGED`, `CHECKPOINT_VERSION` */
export async function readInfo(storage: Storage, path: string): Promise<{ readonly info: CheckpointInfo; readonly hash: string }> {
  return openTexts(await readTexts(storage, path), path);
}

/**
 * Reads a checkpoint and proves it whole.
 * @throws SnapfitError `CHECKPOINT_DAMAGED` if anything in it has changed, `CHECKPOINT_VERSION`
 */
export async function readCheckpoint(storage: Storage, path: string): Promise<PackedCheckpoint & { readonly info: CheckpointInfo }> {
  const { texts, hash, info } = openTexts(await readTexts(storage, path), path);
  const arrays = new Map<string, SafetensorsTensor>();
  await eachArray(storage, path, (name, tensor) => void arrays.set(name, tensor));
  if (hashState({ texts, arrays }) !== hash) throw changed(path);
  return { texts, arrays, info };
}

/** Reads a checkpoint array by array, only to see that it is whole. @throws as {@link readCheckpoint} */
async function proveCheckpoint(storage: Storage, path: string): Promise<void> {
  const { texts, hash } = openTexts(await readTexts(storage, path), path);
  const digests = new Map<string, ArrayDigest>();
  await eachArray(storage, path, (name, tensor) => void digests.set(name, digestArray(tensor)));
  if (hashDigests(texts, digests) !== hash) throw changed(path);
}

function changed(path: string): Error {
  return damaged(path, "its arrays are not those that were written");
}

/** Whether there may be a checkpoint: any file, or a folder with a member that no other folder has. */
export async function isCheckpoint(storage: Storage, path: string): Promise<boolean> {
  if (!(await isFolder(storage, path))) return (await storage.stat(path)) !== undefined;
  return (await storage.list(path)).some(({ name }) => name === MEMBERS.texts || name === MEMBERS.rest);
}

async function readTexts(storage: Storage, path: string): Promise<CheckpointTexts> {
  return whole(path, async () => {
    if (!(await isFolder(storage, path))) return Object.fromEntries((await openSafetensors(storage, path)).metadata);
    const texts = parseState(new TextDecoder().decode(await storage.read(`${path}/${MEMBERS.texts}`)));
    if (typeof texts !== "object" || texts === null || Array.isArray(texts)) throw damaged(path, `${MEMBERS.texts} holds no record`);
    return texts as StateRecord as CheckpointTexts;
  });
}

async function eachArray(storage: Storage, path: string, take: (name: string, tensor: SafetensorsTensor) => void): Promise<void> {
  const readAll = async (file: string, prefix: string): Promise<void> => {
    const opened = await openSafetensors(storage, file);
    for (const name of opened.entries.keys()) take(`${prefix}${name}`, await opened.read(name));
  };
  await whole(path, async () => {
    if (!(await isFolder(storage, path))) return readAll(path, "");
    await readAll(`${path}/${MEMBERS.weights}`, WEIGHTS);
    await readAll(`${path}/${MEMBERS.rest}`, "");
  });
}

async function isFolder(storage: Storage, path: string): Promise<boolean> {
  return (await storage.stat(path))?.kind === "folder";
}

/** Errors of the storage stay; all others say that the checkpoint is damaged. */
async function whole<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const { code, message } = cause as SnapfitError;
    if (cause instanceof SnapfitError && ["NO_PERMISSION", "IO", "CHECKPOINT_DAMAGED", "CHECKPOINT_VERSION"].includes(code)) throw cause;
    throw damaged(path, message, cause);
  }
}

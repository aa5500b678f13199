import { parseState, stringifyState, type StateRecord, type StateTree } from "@snapfit/base";
import type { SafetensorsDtype, SafetensorsTensor } from "@snapfit/safetensors";
import { createHash } from "node:crypto";
import { packState, unpackState } from "./pack-state.js";
import { stateManagerError } from "./state-manager-error.js";

/** Form of the files; an older reader refuses a newer one. */
const FORMAT = "snapfit-checkpoint-1";

/** Why a checkpoint was saved. */
export type CheckpointKind = "epoch" | "step" | "best" | "manual";

/** What can be told of a checkpoint without its arrays. */
export interface CheckpointInfo {
  readonly kind: CheckpointKind;
  /** Grows with every save in a folder, so that the newest is known whatever clocks, names and counters say. */
  readonly serial: number;
  /** Epochs over all fits, and optimizer steps. */
  readonly epoch: number;
  readonly step: number;
  /** The monitored value and its name, of a `best` one. */
  readonly monitor?: string;
  readonly value?: number;
  /** ISO 8601. */
  readonly savedAt: string;
}

/** What goes into a checkpoint beside its info. */
export interface CheckpointContent {
  /** As `captureState()` gives it; what stands under `environment` in it, or in the entry of an add-on, stays out of the hash. */
  readonly state: StateRecord;
  /** Options that are plain data, and versions of libraries. */
  readonly config: StateRecord;
  /** JSON of the layers of a tf.LayersModel; undefined for other models. */
  readonly topology: string | undefined;
}

/** A checkpoint in the form of its files: texts and arrays. */
export interface PackedCheckpoint {
  /** All texts but info, hash and seal. */
  readonly texts: CheckpointTexts;
  readonly arrays: ReadonlyMap<string, SafetensorsTensor>;
}

/** Texts by key, as they stand in a file. */
export type CheckpointTexts = Readonly<Record<string, string>>;

/** Brings the content into the form of files. Arrays are not copied. */
export function packCheckpoint({ state, config, topology }: CheckpointContent): PackedCheckpoint {
  const { exact, environment } = splitEnvironment(state);
  const { skeleton, arrays, plain } = packState(exact);
  const texts = {
    format: FORMAT,
    state: stringifyState(skeleton),
    typedArrays: JSON.stringify(plain),
    environment: stringifyState(environment),
    config: stringifyState(config),
    ...(topology !== undefined && { topology }),
  };
  return { texts, arrays };
}

/** The inverse of {@link packCheckpoint}. @throws SnapfitError `CHECKPOINT_DAMAGED`, `STATE_MALFORMED` */
export function unpackCheckpoint({ texts, arrays }: PackedCheckpoint): CheckpointContent {
  const skeleton = parseState(texts["state"]!) as StateRecord;
  const state = unpackState({ skeleton, arrays, plain: JSON.parse(texts["typedArrays"]!) as string[] });
  return {
    state: joinEnvironment(state, parseState(texts["environment"]!) as StateRecord),
    config: parseState(texts["config"]!) as StateRecord,
    topology: texts["topology"],
  };
}

/** An array without its bytes. */
export interface ArrayDigest {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly sha256: string;
}

export function digestArray({ dtype, shape, bytes }: SafetensorsTensor): ArrayDigest {
  return { dtype, shape, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/**
 * SHA-256 of the state, in hexadecimal: of its text with sorted keys, then of each array's name, dtype, shape and own SHA-256, by name.
 * What stands under `environment`, the config and the info are not in it: two runs that did the same have the same hash.
 */
export function hashState({ texts, arrays }: PackedCheckpoint): string {
  return hashDigests(texts, new Map([...arrays].map(([name, tensor]) => [name, digestArray(tensor)])));
}

/** The same where the arrays have been digested one by one. */
export function hashDigests(texts: CheckpointTexts, digests: ReadonlyMap<string, ArrayDigest>): string {
  const hash = createHash("sha256");
  hash.update(stringifyState(sorted(parseState(texts["state"]!))));
  const typedArrays = new Set(JSON.parse(texts["typedArrays"]!) as string[]);
  for (const name of [...digests.keys()].sort()) {
    const { dtype, shape, sha256 } = digests.get(name)!;
    hash.update(JSON.stringify([name, typedArrays.has(name), dtype, shape, sha256]));
  }
  return hash.digest("hex");
}

/** Texts with info, hash, and a seal over all of them, so that any change of a file is found. */
export function sealTexts(texts: CheckpointTexts, info: CheckpointInfo, hash: string): CheckpointTexts {
  const all = { ...texts, info: JSON.stringify(info), hash };
  return { ...all, seal: sealOf(all) };
}

/**
 * Texts of a file without info, hash and seal, and the info.
 * @throws SnapfitError `CHECKPOINT_DAMAGED` if a text is missing or changed, `CHECKPOINT_VERSION` if a newer version wrote it.
 */
export function openTexts(
  sealed: CheckpointTexts,
  path: string,
): { readonly info: CheckpointInfo; readonly hash: string; readonly texts: CheckpointTexts } {
  const { seal, ...all } = sealed;
  const { info, hash, ...texts } = all;
  if (typeof texts["format"] === "string" && texts["format"] !== FORMAT) {
    throw stateManagerError(
      "CHECKPOINT_VERSION",
      `"${path}" has the format ${texts["format"]}. This version of @snapfit/state-manager reads ${FORMAT}. Install the version that wrote it.`,
    );
  }
  if (info === undefined || hash === undefined || seal !== sealOf(all)) throw damaged(path, "its texts are not those that were written");
  return { info: JSON.parse(info) as CheckpointInfo, hash, texts };
}

/** A SnapfitError `CHECKPOINT_DAMAGED`. @param what is wrong, in words that follow a colon. */
export function damaged(path: string, what: string, cause?: unknown): Error {
  return stateManagerError(
    "CHECKPOINT_DAMAGED",
    `"${path}" is no whole checkpoint: ${what}. Expected what the state manager wrote. Take an earlier checkpoint.`,
    cause,
  );
}

/** Times and names of a run, of the trainer (under "") and of each add-on, apart from what is the same whenever the run does the same. */
function splitEnvironment(state: StateRecord): { readonly exact: StateRecord; readonly environment: StateRecord } {
  const { environment: own = {}, ...rest } = state;
  const environment: Record<string, StateTree> = { "": own };
  const entries = Object.entries(rest).map(([name, entry]): [string, StateTree] => {
    if (!isRecord(entry) || !("environment" in entry)) return [name, entry];
    const { environment: its, ...exact } = entry;
    environment[name] = its!;
    return [name, exact];
  });
  return { exact: Object.fromEntries(entries), environment };
}

function joinEnvironment(exact: StateRecord, { "": own, ...others }: StateRecord): StateRecord {
  const entries = Object.entries(others).map(([name, environment]) => [name, { ...(exact[name] as StateRecord), environment }]);
  return { ...exact, ...Object.fromEntries(entries), environment: own! };
}

function isRecord(tree: StateTree): tree is StateRecord {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree) && !ArrayBuffer.isView(tree);
}

function sealOf(texts: Readonly<Record<string, string | undefined>>): string {
  const hash = createHash("sha256");
  for (const key of Object.keys(texts).sort()) hash.update(JSON.stringify([key, texts[key]]));
  return hash.digest("hex");
}

function sorted(tree: StateTree): StateTree {
  if (typeof tree !== "object" || tree === null || ArrayBuffer.isView(tree)) return tree;
  if (Array.isArray(tree)) return tree.map(sorted);
  const entries = Object.entries(tree as StateRecord).map(([key, value]): [string, StateTree] => [key, sorted(value)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

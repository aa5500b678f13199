import { SnapfitError } from "./snapfit-error.js";
import type { StateRecord } from "./state-tree.js";

/**
 * An add-on's entry of a saved state in the form of today's version, for the beginning of its `loadState()`.
 * The entry says its version under `version`; without one it is 1.
 * @param name of the add-on, for messages.
 * @param entry as saved; undefined if the state has none.
 * @param version of today, which `saveState()` writes into its entry.
 * @param migrations by the version that each one starts from; it returns the form of the next one.
 * @returns the entry, or undefined if there is none.
 * @throws SnapfitError `STATE_VERSION` if the entry is of a later version, or of one that no migration starts from.
 * @example
 * import { migrateState, type StateRecord } from "@snapfit/base";
 *
 * const old: StateRecord = { decay: 0.9 };
 * console.log(migrateState("Ema", old, 2, { 1: ({ decay }) => ({ decays: [decay!] }) })); // { decays: [ 0.9 ], version: 2 }
 */
export function migrateState(
  name: string,
  entry: StateRecord | undefined,
  version: number,
  migrations: Readonly<Record<number, (old: StateRecord) => StateRecord>> = {},
): StateRecord | undefined {
  if (entry === undefined) return undefined;
  let at = Number(entry["version"] ?? 1);
  if (at === version) return entry;
  if (!(at < version)) {
    throw new SnapfitError(
      "STATE_VERSION",
      `The saved state of ${name} has version ${String(entry["version"])}. The installed one reads up to version ${version}. Install the version that wrote it, or a later one.`,
    );
  }
  let state = entry;
  for (; at < version; at++) {
    const migrate = migrations[at];
    if (migrate === undefined) {
      throw new SnapfitError(
        "STATE_VERSION",
        `The saved state of ${name} has version ${at}. The installed one cannot read that any more; it reads version ${version}. Install a version in between and save again.`,
      );
    }
    state = migrate(state);
  }
  return { ...state, version };
}

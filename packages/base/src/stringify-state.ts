import { toBase64 } from "./base64.js";
import { SnapfitError } from "./snapfit-error.js";
import { bytesOf, isStateTensor, stateArrayName } from "./state-array.js";
import { shownPath, statePath } from "./state-path.js";
import type { StateArray, StateTree } from "./state-tree.js";

/** Levels that a state may nest: far more than any state has, and few enough for the stack. */
export const MAX_STATE_DEPTH = 200;

/**
 * State as JSON text that {@link parseState} turns back into the same bits. What JSON lacks stands in a record with one key:
 * `{"$number":"NaN"}`, `{"$bigint":"7"}`, `{"$float32":"<base64>"}`, `{"$tensor":{…}}`; keys of the state that begin with `$` get a second one.
 * Keys keep their order. Arrays of more than some 350 MB together do not fit into one string: they belong into files of their own.
 * @throws SnapfitError `STATE_MALFORMED` for what is no state (undefined, functions, class instances, cycles), with its path.
 */
export function stringifyState(tree: StateTree): string {
  return write(tree, "", 0);
}

function write(value: StateTree, path: string, depth: number): string {
  if (depth > MAX_STATE_DEPTH) throw notState(path, `nests deeper than ${MAX_STATE_DEPTH} levels, or holds itself`);
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return writeNumber(value);
  if (typeof value === "bigint") return `{"$bigint":"${value}"}`;
  if (typeof value !== "object") throw notState(path, `is of type ${typeof value}`);
  const arrayName = stateArrayName(value);
  if (arrayName) return `{"$${arrayName}":"${toBase64(bytesOf(value as StateArray))}"}`;
  if (isStateTensor(value)) {
    return `{"$tensor":{"dtype":"${value.dtype}","shape":[${value.shape.join(",")}],"data":"${toBase64(bytesOf(value.data))}"}}`;
  }
  if (Array.isArray(value)) return `[${Array.from(value, (item: StateTree, i) => write(item, statePath(path, i), depth + 1)).join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notState(path, `is a ${value.constructor?.name ?? "class instance"}`);
  const entries = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(escapeKey(key))}:${write(item, statePath(path, key), depth + 1)}`,
  );
  return `{${entries.join(",")}}`;
}

function writeNumber(value: number): string {
  const isPlain = Number.isFinite(value) && !Object.is(value, -0);
  return isPlain ? String(value) : `{"$number":"${Object.is(value, -0) ? "-0" : value}"}`;
}

function escapeKey(key: string): string {
  return key.startsWith("$") ? `$${key}` : key;
}

function notState(path: string, what: string): SnapfitError<"STATE_MALFORMED"> {
  return new SnapfitError(
    "STATE_MALFORMED",
    `State cannot be written: ${shownPath(path)} ${what}. State is plain data: null, booleans, numbers, bigints, strings, typed arrays, host tensors, and arrays and records of these. Save such data.`,
  );
}

import { bytesOf, isStateTensor, stateArrayName } from "./state-array.js";
import { shownPath, statePath } from "./state-path.js";
import type { StateArray, StateTree } from "./state-tree.js";

/**
 * Compares two states bit by bit: NaN equals NaN, -0 differs from 0. The order of keys does not count.
 * @returns the path of the first difference (`optimizer.slots.kernel[3]`, "the root" for the whole), or undefined if there is none.
 */
export function equalStates(a: StateTree, b: StateTree): string | undefined {
  const path = firstDifference(a, b, "");
  return path === undefined ? undefined : shownPath(path);
}

function firstDifference(a: StateTree, b: StateTree, path: string): string | undefined {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b) ? undefined : path;
  const arrayName = stateArrayName(a);
  if (arrayName !== stateArrayName(b)) return path;
  if (arrayName) return firstArrayDifference(a as StateArray, b as StateArray, path);
  if (Array.isArray(a) !== Array.isArray(b) || isStateTensor(a) !== isStateTensor(b)) return path;
  const left = a as Readonly<Record<string, StateTree>>;
  const right = b as Readonly<Record<string, StateTree>>;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const below = statePath(path, Array.isArray(a) ? Number(key) : key);
    if (!Object.hasOwn(left, key) || !Object.hasOwn(right, key)) return below;
    const difference = firstDifference(left[key]!, right[key]!, below);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function firstArrayDifference(a: StateArray, b: StateArray, path: string): string | undefined {
  const left = bytesOf(a);
  const right = bytesOf(b);
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    if (left[i] !== right[i]) return statePath(path, Math.floor(i / a.BYTES_PER_ELEMENT));
  }
  return left.length === right.length ? undefined : statePath(path, length / a.BYTES_PER_ELEMENT);
}

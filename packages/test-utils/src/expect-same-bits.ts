import { equalStates, type StateTree } from "@snapfit/base";
import { asState } from "./host-arrays.js";

/** The path of the first difference in bits, or undefined: NaN equals NaN, -0 differs from 0. Takes states, weights, tensors, and records or maps of them. */
export function firstDifferentPath(actual: unknown, expected: unknown): string | undefined {
  return equalStates(asState(actual), asState(expected));
}

/**
 * Throws unless both have the same bits; the message names the first path that differs.
 * @throws Error
 */
export function expectSameBits(actual: unknown, expected: unknown): void {
  const path = firstDifferentPath(actual, expected);
  if (path !== undefined) throw new Error(`Bits differ at ${path}: ${valueAt(actual, path)} instead of ${valueAt(expected, path)}.`);
}

/** What stands at a path of {@link firstDifferentPath}, for a message. */
export function valueAt(tree: unknown, path: string): string {
  if (path === "the root") return shown(asState(tree));
  let at: unknown = asState(tree);
  for (const [, name, quoted, index] of path.matchAll(/\.?([A-Za-z_$][\w$]*)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]/g)) {
    const key = name ?? (quoted === undefined ? index! : (JSON.parse(quoted) as string));
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }
  return shown(at as StateTree | undefined);
}

function shown(value: StateTree | undefined): string {
  if (value === undefined) return "nothing";
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return typeof value === "string" ? JSON.stringify(value) : String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return ArrayBuffer.isView(value)
    ? `a ${value.constructor.name} of ${(value as Float32Array).length}`
    : `{ ${Object.keys(value).slice(0, 4).join(", ")} }`;
}

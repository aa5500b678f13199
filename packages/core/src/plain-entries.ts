import type { StateTree } from "@snapfit/base";

/** The entries of an object whose values are plain data through and through: of options, what can be written down. */
export function plainEntries(values: object): Record<string, StateTree> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, StateTree] => isPlain(entry[1])));
}

function isPlain(value: unknown): value is StateTree {
  if (value === null || ["number", "string", "boolean"].includes(typeof value)) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== "object") return false;
  return [Object.prototype, null].includes(Object.getPrototypeOf(value) as null) && Object.values(value).every(isPlain);
}

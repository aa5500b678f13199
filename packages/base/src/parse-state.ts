import { fromBase64 } from "./base64.js";
import { SnapfitError } from "./snapfit-error.js";
import { isStateTensor, STATE_ARRAYS, type StateArrayName } from "./state-array.js";
import { shownPath, statePath } from "./state-path.js";
import type { StateArray, StateTree } from "./state-tree.js";
import { MAX_STATE_DEPTH } from "./stringify-state.js";

const NUMBERS: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity, "-0": -0 };

/**
 * The state that {@link stringifyState} wrote, with the same bits; typed arrays get buffers of their own. Safe on any text.
 * @throws SnapfitError `STATE_MALFORMED` with the path of what is wrong.
 */
export function parseState(text: string): StateTree {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SnapfitError(
      "STATE_MALFORMED",
      `The text is not the JSON of a state: ${(cause as Error).message}. It holds what stringifyState() wrote. Check that the file is complete.`,
      { cause },
    );
  }
  return read(json, "", 0);
}

function read(json: unknown, path: string, depth: number): StateTree {
  if (depth > MAX_STATE_DEPTH) throw malformed(path, `nests deeper than ${MAX_STATE_DEPTH} levels`);
  if (typeof json === "number" && !Number.isFinite(json)) throw malformed(path, "is a number too large for 64 bits");
  if (typeof json !== "object" || json === null) return json as StateTree;
  if (Array.isArray(json)) return json.map((item, i) => read(item, statePath(path, i), depth + 1));
  const keys = Object.keys(json);
  const tag = keys.find((key) => key.startsWith("$") && !key.startsWith("$$"));
  if (tag !== undefined) {
    if (keys.length > 1) throw malformed(path, `has other keys beside the tag "${tag}"`);
    return readTagged(tag, (json as Record<string, unknown>)[tag], path);
  }
  const record: Record<string, StateTree> = {};
  for (const [key, item] of Object.entries(json)) {
    const name = key.startsWith("$") ? key.slice(1) : key;
    const value = read(item, statePath(path, name), depth + 1);
    // A plain assignment to "__proto__" would set the prototype.
    if (name === "__proto__") Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
    else record[name] = value;
  }
  return record;
}

function readTagged(tag: string, content: unknown, path: string): StateTree {
  const name = tag.slice(1);
  if (name === "tensor") return readTensor(content, path);
  if (typeof content !== "string") throw malformed(path, `has no text under "${tag}"`);
  if (name === "number" && Object.hasOwn(NUMBERS, content)) return NUMBERS[content]!;
  if (name === "bigint" && /^(0|-?[1-9]\d*)$/.test(content)) return BigInt(content);
  if (Object.hasOwn(STATE_ARRAYS, name)) return readArray(name as StateArrayName, content, path);
  throw malformed(path, `has an unknown tag or value, "${tag}": ${JSON.stringify(content.slice(0, 40))}`);
}

function readArray(name: StateArrayName, content: unknown, path: string): StateArray {
  const bytes = typeof content === "string" ? fromBase64(content) : undefined;
  if (!bytes) throw malformed(path, "holds an array that is not base64");
  const ArrayType = STATE_ARRAYS[name];
  if (bytes.length % ArrayType.BYTES_PER_ELEMENT !== 0)
    throw malformed(path, `holds ${bytes.length} bytes, which are no whole number of ${name} values`);
  return new ArrayType(bytes.buffer);
}

function readTensor(content: unknown, path: string): StateTree {
  const { dtype, shape, data, ...rest } = (content ?? {}) as Record<string, unknown>;
  const stored = dtype === "bool" ? "uint8" : dtype;
  if (typeof stored !== "string" || !Object.hasOwn(STATE_ARRAYS, stored) || Object.keys(rest).length > 0) {
    throw malformed(path, "holds a tensor without a known dtype, or with more than dtype, shape and data");
  }
  const tensor = { dtype, shape, data: readArray(stored as StateArrayName, data, path) };
  if (!isStateTensor(tensor))
    throw malformed(path, `holds a tensor whose shape ${JSON.stringify(shape)?.slice(0, 60)} does not fit its data`);
  return tensor;
}

function malformed(path: string, what: string): SnapfitError<"STATE_MALFORMED"> {
  return new SnapfitError(
    "STATE_MALFORMED",
    `The text is not a state: ${shownPath(path)} ${what}. It holds what stringifyState() wrote. Check that the file is complete and unchanged.`,
  );
}

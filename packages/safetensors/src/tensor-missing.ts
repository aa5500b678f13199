import { nearestName } from "@snapfit/base";
import { quoted, safetensorsError } from "./safetensors-error.js";

/** `TENSOR_MISSING`, with the name that is most likely meant. */
export function tensorMissing(path: string, name: string, entries: ReadonlyMap<string, unknown>): Error {
  const near = nearestName(name, [...entries.keys()]);
  const hint = near === undefined ? "Check the name." : `Did you mean ${quoted(near)}?`;
  return safetensorsError("TENSOR_MISSING", `"${path}" has no tensor ${quoted(name)}. It has ${entries.size} others. ${hint}`);
}

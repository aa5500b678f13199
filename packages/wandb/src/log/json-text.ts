/**
 * A value as W&B's logs have it: JSON with the words `NaN`, `Infinity` and `-Infinity` for the numbers that JSON has not.
 * Typed arrays are lists. What is no data (functions, undefined) is null.
 */
export function jsonText(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0.0" : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (ArrayBuffer.isView(value)) return jsonText(Array.from(value as Uint8Array));
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${jsonText(entry)}`).join(",")}}`;
}

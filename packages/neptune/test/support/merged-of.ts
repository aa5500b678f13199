/** The same content for any division into requests: entries of series in order, and the last of values. */
export function mergedOf(operations: readonly Record<string, unknown>[]): Map<string, unknown> {
  const merged = new Map<string, unknown>();
  for (const { path, ...fields } of operations) {
    const [[name, body] = ["", {}]] = Object.entries(fields) as [string, { entries?: unknown[] }][];
    const key = `${name} ${String(path)}`;
    const { entries: earlier = [] } = (merged.get(key) ?? {}) as { entries?: unknown[] };
    merged.set(key, body.entries === undefined ? body : { entries: [...earlier, ...body.entries] });
  }
  return merged;
}

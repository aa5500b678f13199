import type { LoggedPoint, LoggedRows } from "@snapfit/test-utils";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MetricsRow } from "../../src/metrics-row.js";

/** Numbers and texts of a run folder, for the conformance suite. Rows that were set aside stood before those that took their place. */
export function readMetrics(folder: string): LoggedRows {
  const aside = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("metrics.rewound-")) : [];
  return { points: [...aside, "metrics.jsonl"].flatMap((name) => pointsIn(join(folder, name))), numRewinds: aside.length };
}

function pointsIn(path: string): LoggedPoint[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.flatMap((line): LoggedPoint[] => {
    const { key, step, values = {}, text } = JSON.parse(line) as MetricsRow & { readonly text?: string };
    if (text !== undefined) return [{ name: key, step, value: text }];
    return Object.entries(values).map(([name, value]) => ({ name, step, value: Number(value) }));
  });
}

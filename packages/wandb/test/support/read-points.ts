import type { LoggedPoint, LoggedRows } from "@snapfit/test-utils";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LogReader } from "../../src/log/log-reader.js";
import { readRecord, type JsonItem } from "../../src/log/read-records.js";
import { listFragments } from "../../src/run/fragments.js";

/** Numbers and texts of a run folder, for the conformance suite. */
export function readPoints(runFolder: string): LoggedRows {
  const fragments = listFragments(join(runFolder, "wandb"));
  return {
    points: fragments.flatMap(({ logPath }) => (existsSync(logPath) ? pointsIn(logPath) : [])),
    numRewinds: new Set(fragments.map(({ runId }) => runId)).size - Math.min(1, fragments.length),
  };
}

/** Up to a record that a kill has torn. */
function pointsIn(logPath: string): LoggedPoint[] {
  const reader = new LogReader(logPath);
  const points: LoggedPoint[] = [];
  try {
    for (let record = reader.next(); record !== undefined; record = reader.next()) {
      const entry = readRecord(record);
      if (entry.kind === "history") points.push(...pointsOf(entry.items));
    }
  } finally {
    reader.close();
  }
  return points;
}

function pointsOf(items: readonly JsonItem[]): LoggedPoint[] {
  const step = Number(items.find(({ path }) => path[0] === "_step")!.json);
  return items.flatMap(({ path, json }) => {
    const name = path.join(".");
    if (name.startsWith("_") || json.startsWith("{")) return [];
    return [{ name, step, value: json.startsWith('"') ? (JSON.parse(json) as string) : Number(json) }];
  });
}

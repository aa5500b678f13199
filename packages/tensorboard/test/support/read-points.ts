import type { LoggedRows } from "@snapfit/test-utils";
import { existsSync } from "node:fs";
import { readLog } from "./read-events.js";

/** Numbers and texts of a run folder, for the conformance suite; what stands over the epoch stands over the step too. */
export function readPoints(folder: string): LoggedRows {
  if (!existsSync(folder)) return { points: [], numRewinds: 0 };
  const { values, numRestarts } = readLog(folder);
  const points = values.flatMap(({ tag, step, value }) =>
    /^(epoch|best|_hparams_)\//.test(tag) || (typeof value !== "number" && typeof value !== "string") ? [] : [{ name: tag, step, value }],
  );
  return { points, numRewinds: numRestarts - 1 };
}

import { loggerConformance, type LoggedRows } from "@snapfit/test-utils";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TensorBoardLogger } from "../src/index.js";
import { readLog } from "./support/read-events.js";

describe("TensorBoardLogger", () => {
  test.each(loggerConformance(TensorBoardLogger, { read: readPoints, precision: "float32" }))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

/** Scalars and texts; what stands over the epoch stands over the step too. */
function readPoints(folder: string): LoggedRows {
  if (!existsSync(folder)) return { points: [], numRewinds: 0 };
  const { values, numRestarts } = readLog(folder);
  const points = values.flatMap(({ tag, step, value }) =>
    /^(epoch|best|_hparams_)\//.test(tag) || (typeof value !== "number" && typeof value !== "string") ? [] : [{ name: tag, step, value }],
  );
  return { points, numRewinds: numRestarts - 1 };
}

import { loggerConformance } from "@snapfit/test-utils";
import { describe, expect, test } from "vitest";
import { FileLogger } from "../src/index.js";
import { readMetrics } from "./support/read-metrics.js";

describe("FileLogger", () => {
  test.each(loggerConformance(FileLogger, { read: readMetrics }))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

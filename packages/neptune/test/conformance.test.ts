import { loggerConformance } from "@snapfit/test-utils";
import { describe, expect, test } from "vitest";
import { NeptuneLogger } from "../src/index.js";
import { readRuns } from "./support/read-runs.js";

describe("NeptuneLogger", () => {
  test.each(loggerConformance(NeptuneLogger, { options: { neptune: { monitoring: false } }, read: readRuns, finiteOnly: true }))(
    "$name",
    async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    },
  );
});

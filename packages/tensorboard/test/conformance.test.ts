import { loggerConformance } from "@snapfit/test-utils";
import { describe, expect, test } from "vitest";
import { TensorBoardLogger } from "../src/index.js";
import { readPoints } from "./support/read-points.js";

describe("TensorBoardLogger", () => {
  test.each(loggerConformance(TensorBoardLogger, { read: readPoints, precision: "float32" }))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

import { loggerConformance } from "@snapfit/test-utils";
import { describe, expect, test } from "vitest";
import { WandBLogger } from "../src/index.js";
import { readPoints } from "./support/read-points.js";

describe("WandBLogger", () => {
  test.each(loggerConformance(WandBLogger, { options: { wandb: { mode: "offline" } }, read: readPoints }))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

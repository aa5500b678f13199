import { addOnContract } from "@snapfit/test-utils";
import { describe, expect, test } from "vitest";
import { StateManager } from "../src/index.js";
import { ToyEma } from "../../test-utils/test/toy-ema.js";
import { ToyLogger } from "../../test-utils/test/toy-logger.js";

describe("StateManager", () => {
  test.each(
    addOnContract(StateManager, {
      options: ({ storage }) => ({ stateManager: { storage, everySteps: 2, keep: 2, best: { keep: 2 } } }),
      with: [
        { addOn: ToyEma, options: { toyEma: { decay: 0.6 } } },
        { addOn: ToyLogger, options: ({ storage }) => ({ toyLogger: { storage } }) },
      ],
    }),
  )("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

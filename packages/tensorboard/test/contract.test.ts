import { addOnContract, type ContractWorld } from "@snapfit/test-utils";
import { StateManager } from "@snapfit/state-manager";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { TensorBoardLogger } from "../src/index.js";
import { ToyLogger } from "../../test-utils/test/toy-logger.js";

const folder = mkdtempSync(join(tmpdir(), "tensorboard-"));
let numWorlds = 0;
afterAll(() => rmSync(folder, { recursive: true }));

describe("TensorBoardLogger", () => {
  test.each(
    addOnContract(TensorBoardLogger, {
      options: () => ({ tensorboard: { directory: join(folder, String(numWorlds++)) } }),
      with: [
        { addOn: ToyLogger, options: ({ storage }: ContractWorld) => ({ toyLogger: { storage } }) },
        { addOn: StateManager, options: ({ storage }: ContractWorld) => ({ stateManager: { storage, everySteps: 2 } }) },
      ],
    }),
  )("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

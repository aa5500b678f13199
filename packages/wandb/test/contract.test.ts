import { StateManager } from "@snapfit/state-manager";
import { addOnContract } from "@snapfit/test-utils";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { WandBLogger } from "../src/index.js";
import { ToyEma } from "../../test-utils/test/toy-ema.js";

/** Runs of the suite that share a storage share a folder, as ranks and resumed runs do. */
const folders = new WeakMap<object, string>();
function folderOf(storage: object): string {
  let folder = folders.get(storage);
  if (folder === undefined) folders.set(storage, (folder = mkdtempSync(join(tmpdir(), "snapfit-wandb-"))));
  return folder;
}

describe("WandBLogger", () => {
  test.each(
    addOnContract(WandBLogger, {
      options: ({ storage }) => ({ outputDir: folderOf(storage), wandb: { mode: "offline", logModel: true } }),
      with: [
        { addOn: StateManager, options: ({ storage }) => ({ stateManager: { storage, everySteps: 2 } }) },
        { addOn: ToyEma, options: { toyEma: { decay: 0.6 } } },
      ],
    }),
  )("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

import { StateManager } from "@snapfit/state-manager";
import { addOnContract } from "@snapfit/test-utils";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NeptuneLogger } from "../src/index.js";
import { ToyEma } from "../../test-utils/test/toy-ema.js";

/** Runs of the suite that share a storage share a folder, as ranks and resumed runs do. */
const folders = new WeakMap<object, string>();
function folderOf(storage: object): string {
  let folder = folders.get(storage);
  if (folder === undefined) folders.set(storage, (folder = mkdtempSync(join(tmpdir(), "snapfit-neptune-"))));
  return folder;
}

describe("NeptuneLogger", () => {
  test.each(
    addOnContract(NeptuneLogger, {
      options: ({ storage }) => ({ neptune: { mode: "offline", directory: folderOf(storage), tags: ["contract"] } }),
      with: [
        { addOn: StateManager, options: ({ storage }) => ({ stateManager: { storage, everySteps: 2 } }) },
        { addOn: ToyEma, options: { toyEma: { decay: 0.6 } } },
      ],
    }),
  )("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

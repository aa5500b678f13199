import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { addOnContract, loggerConformance } from "../src/index.js";
import { readToyLog, ToyFileLogger } from "./toy-file-logger.js";

const root = mkdtempSync(join(tmpdir(), "toy-file-logger-"));
afterAll(() => rmSync(root, { recursive: true }));
let numWorlds = 0;

describe("a good logger to files", () => {
  test.each(loggerConformance(ToyFileLogger, { read: readToyLog }))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });

  test.each(addOnContract(ToyFileLogger, { options: () => ({ outputDir: join(root, String(numWorlds++)) }) }))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { environmentPython } from "../../../benchmarks/step/python-environment.js";
import { Unavailable } from "../../../benchmarks/step/unavailable.js";
import { waveTrainer } from "../src/wave-trainer.js";
import { differenceToPyTorch, type Continued } from "./same-as-pytorch.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "snapfit-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("continue.py goes on as we do", async ({ skip }) => {
  let python: string;
  try {
    python = await environmentPython(join(root, ".snapfit"), {
      name: "torch",
      packageName: "torch",
      version: "2.15.0",
      beside: ["numpy"],
      size: "3 GB",
    });
    await run(python, ["-m", "pip", "install", "--quiet", "safetensors"]);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return skip(`PyTorch is not here: ${error.message}`);
  }
  await using trainer = waveTrainer(folder);
  const { forward, losses, weights } = await differenceToPyTorch(trainer, async (checkpoint) => {
    const { stdout } = await run(python, [join(root, "examples/pytorch/continue.py"), checkpoint]);
    return JSON.parse(stdout) as Continued;
  });
  expect([forward < 1e-6, losses < 1e-5, weights < 1e-5]).toEqual([true, true, true]);
});

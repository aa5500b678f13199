import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { waveTrainer } from "../src/wave-trainer.js";
import { differenceToPyTorch, type Continued } from "./same-as-pytorch.js";

const folder = mkdtempSync(join(tmpdir(), "snapfit-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("PyTorch's forward pass and 100 further steps are ours", async () => {
  await using trainer = waveTrainer(folder);
  const continued = JSON.parse(readFileSync(new URL("continued.json", import.meta.url), "utf8")) as Continued;
  const { forward, losses, weights } = await differenceToPyTorch(trainer, () => continued);
  expect([forward < 1e-6, losses < 1e-5, weights < 1e-5]).toEqual([true, true, true]);
});

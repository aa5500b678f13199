import { MemoryStorage } from "@snapfit/base";
import { expect, test } from "vitest";
import { everyKill, killAndResume } from "./support/kill-and-resume.js";
import { someOf } from "./support/some-of.js";
import { tinyRun } from "./support/tiny-run.js";

// All of them in faults.slow.ts.
const NUM_KILLS = 24;

test.each(["ckpt", "safetensors"] as const)("a run that is killed within its saves of %s files ends with the same bits", async (format) => {
  const { hash } = await tinyRun(new MemoryStorage(), { format });
  const kills = await everyKill(format);
  expect(kills.length).toBeGreaterThan(150);
  for (const kill of someOf(kills, NUM_KILLS, 1)) await killAndResume(format, kill, hash);
});

import { MemoryStorage } from "@snapfit/base";
import { expect, test } from "vitest";
import { everyKill, killAndResume } from "./support/kill-and-resume.js";
import { tinyRun } from "./support/tiny-run.js";

test.each(["ckpt", "safetensors"] as const)(
  "a run that is killed at any call of any save of %s files ends with the same bits",
  async (format) => {
    const { hash } = await tinyRun(new MemoryStorage(), { format });
    const kills = await everyKill(format);
    console.log(`${kills.length} kills`);
    for (const kill of kills) await killAndResume(format, kill, hash);
    expect(kills.length).toBeGreaterThan(150);
  },
);

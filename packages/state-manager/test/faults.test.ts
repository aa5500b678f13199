import { MemoryStorage } from "@snapfit/base";
import { describe, expect, test } from "vitest";
import { readCheckpoint } from "../src/checkpoint-files.js";
import { everyKill, killAndResume } from "./support/kill-and-resume.js";
import { someOf } from "./support/some-of.js";
import { FOLDER, tinyRun } from "./support/tiny-run.js";

// All of them in faults.slow.ts.
const NUM_KILLS = 24;

test.each(["ckpt", "safetensors"] as const)("a run that is killed within its saves of %s files ends with the same bits", async (format) => {
  const { hash } = await tinyRun(new MemoryStorage(), { format });
  const kills = await everyKill(format);
  expect(kills.length).toBeGreaterThan(150);
  for (const kill of someOf(kills, NUM_KILLS, 1)) await killAndResume(format, kill, hash);
});

describe("when a new best checkpoint takes the name of one that is kept,", () => {
  test.each(["ckpt", "safetensors"] as const)("a kill at any renaming of %s files leaves a whole best checkpoint", async (format) => {
    const { hash } = await tinyRun(new MemoryStorage(), { format });
    const kills = (await everyKill(format)).filter(
      ({ call: { name, path, to = "" } }) => name === "rename" && /best_model/.test(path + to),
    );
    expect(kills.length).toBeGreaterThan(6);
    for (const kill of kills) await killAndResume(format, kill, hash);
  });

  test.each([1, 3])("a reader finds a whole one at every moment: keep: %i", async (keep) => {
    const found: number[] = [];
    const best = `${FOLDER}/best_model.ckpt`;
    class Watched extends MemoryStorage {
      async look(): Promise<void> {
        if (found.length > 0 || (await this.stat(best)) !== undefined) found.push((await readCheckpoint(this, best)).info.step);
      }
      override async rename(from: string, to: string): Promise<void> {
        await super.rename(from, to);
        await this.look();
      }
      override async remove(path: string): Promise<void> {
        await super.remove(path);
        await this.look();
      }
      override async write(path: string, bytes: Uint8Array): Promise<void> {
        await super.write(path, bytes);
        await this.look();
      }
    }
    const { error } = await tinyRun(new Watched(), { best: { keep } });
    expect(error).toBeUndefined();
    expect([...new Set(found)]).toEqual([3, 6, 9]);
  });
});

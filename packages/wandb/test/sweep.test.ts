import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { sweepConfig } from "../src/index.js";
import { sweepValues } from "../src/sweep.js";
import { loggedRun, valuesOf } from "./support/read-log.js";
import { keptLines, Logged, optionsIn } from "./support/tiny-run.js";

const args = process.argv;
afterEach(() => {
  process.argv = args;
  delete process.env["WANDB_SWEEP_ID"];
});

describe("in a sweep", () => {
  test("its values win over the given ones, and over the config for good", async () => {
    expect(sweepConfig({ seed: 1, layers: 2 })).toEqual({ seed: 1, layers: 2 });
    process.env["WANDB_SWEEP_ID"] = "sweep-1";
    process.argv = ["node", "train.mjs", '{"lr": 0.01, "layers": 3}'];
    expect(sweepConfig({ lr: 1, name: "a" })).toEqual({ lr: 0.01, layers: 3, name: "a" });
    const folder = mkdtempSync(join(tmpdir(), "snapfit-wandb-"));
    const { lines, logger } = keptLines();
    await using trainer = new Logged(optionsIn(folder, {}, { logger }));
    await trainer.ready();
    trainer.wandb.updateConfig({ lr: 5, layers: 3, other: 1 });
    await trainer.close();
    const { entries } = loggedRun(join(folder, "run"));
    const run = entries.flatMap((entry) => (entry.kind === "run" ? [entry.run] : []))[0]!;
    expect(run.sweepId).toBe("sweep-1");
    expect(valuesOf(run.config)).toEqual({ lr: 0.01, layers: 3 });
    const updates = entries.flatMap((entry) => (entry.kind === "config" ? [valuesOf(entry.items)] : []));
    expect(updates.at(-1)).toEqual({ other: 1 });
    expect(lines).toContain("W&B: the sweep has chosen lr: the config keeps that.");
  });

  test("a program without the sweep's choice is told how to ask for it", () => {
    expect(() => sweepValues({ WANDB_SWEEP_ID: "s" }, ["node", "train.mjs"])).toThrow(
      expect.objectContaining({ code: "SWEEP_INVALID", message: expect.stringContaining('"${args_json}"') }),
    );
    expect(() => sweepValues({ WANDB_SWEEP_ID: "s" }, ["node", "[1]"])).toThrow(expect.objectContaining({ code: "SWEEP_INVALID" }));
  });
});

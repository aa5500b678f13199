import type { Awaitable, SavePointKind } from "@snapfit/core";
import { StateManager } from "@snapfit/state-manager";
import { cpSync, mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { listFragments } from "../src/run/fragments.js";
import { readLog, loggedRun } from "./support/read-log.js";
import { data, keptLines, Logged, optionsIn } from "./support/tiny-run.js";

const Resumable = Logged.addOn(StateManager);
const newFolder = (): string => mkdtempSync(join(tmpdir(), "snapfit-wandb-"));

interface TrainSettings {
  readonly epochs?: number;
  readonly learningRateFactor?: number;
  /** Called after each step, with what a kill would leave behind. */
  readonly onStep?: (step: number) => void;
  /** Called when the rows of a step are written, before the state is saved. */
  readonly onLogged?: (step: number) => void;
  readonly stopAt?: number;
  readonly withTest?: boolean;
}

/** Trains in a folder, from where an earlier process has left it. */
async function train(
  folder: string,
  { epochs = 3, onStep, onLogged, stopAt, withTest = true, learningRateFactor = 1 }: TrainSettings = {},
) {
  const { lines, logger } = keptLines();
  const abort = new AbortController();
  class Run extends Resumable {
    protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
      await super.onOptimizerStep(step);
      if (this.progress.step % 3 === 0) this.log("손실 🙂", this.progress.step * learningRateFactor);
      if (this.progress.step === 7) this.logTable("table", ["a"], [[this.progress.step]]);
      if (this.progress.step === 5) this.alert("five", "steps");
      onStep?.(this.progress.step);
      if (this.progress.step === stopAt) abort.abort("stopped");
    }
    protected override savePoint(kind: SavePointKind): Awaitable<void> {
      if (kind === "step") onLogged?.(this.progress.step);
      return super.savePoint(kind);
    }
  }
  await using trainer = new Run({
    ...optionsIn(folder, { metrics: { "valid/*": { step: "epoch", summary: ["min", "mean"] } } }, { logger }),
    stateManager: { async: false, everySteps: 2, everyEpochs: 1 },
  });
  await trainer.fit({ ...data(), epochs, signal: abort.signal });
  if (withTest && stopAt === undefined) await trainer.test(data().validation);
  return { lines, runId: trainer.wandb.runId };
}

/** The parts of a step together, as one row. */
function bySteps(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const merged = new Map<unknown, Record<string, unknown>>();
  for (const row of rows) {
    const before = merged.get(row["_step"]) ?? {};
    for (const name of Object.keys(row))
      if (name !== "_step" && name in before) throw new Error(`${name} stands twice at step ${String(row["_step"])}`);
    merged.set(row["_step"], { ...before, ...row });
  }
  return [...merged.values()];
}

function alertsIn(run: ReturnType<typeof loggedRun>): number {
  return run.entries.filter(({ kind }) => kind === "alert").length;
}

describe("a run that goes on", () => {
  const folder = newFolder();
  const kills = newFolder();
  let whole: ReturnType<typeof loggedRun>;
  beforeAll(async () => {
    await train(folder, {
      onStep: (step) => cpSync(folder, join(kills, `${step}`), { recursive: true }),
      onLogged: (step) => cpSync(folder, join(kills, `${step} logged`), { recursive: true }),
    });
    whole = loggedRun(join(folder, "run"));
  });

  /** The folder as it was when the process was killed after a step. */
  function killedAt(step: number | string): string {
    const copy = newFolder();
    cpSync(join(kills, `${step}`), copy, { recursive: true });
    rmSync(join(copy, "run", "checkpoints", "lock.json"), { force: true });
    return copy;
  }

  /** What must be the same however often a run was killed. */
  function outcomeOf(copy: string) {
    const run = loggedRun(join(copy, "run"));
    return { rows: bySteps(run.rows), summary: run.summary, numAlerts: alertsIn(run), runIds: new Set(run.runIds) };
  }

  test("has a row for each step that something was logged for", () => {
    const rows = bySteps(whole.rows);
    expect(rows.map((row) => row["_step"])).toEqual([2, 4, 6, 7, 8, 10, 12, 14, 16, 18]);
    expect(whole.summary).toMatchObject({
      "best/epoch": expect.any(Number),
      "valid/loss": { min: expect.any(Number), mean: expect.any(Number) },
    });
    expect(alertsIn(whole)).toBe(1);
  });

  test.each([1, 2, 3, 5, 6, 7, 9, 12, 17])("after a kill behind step %i has no row twice and misses none", async (step) => {
    const copy = killedAt(step);
    await train(copy);
    expect(outcomeOf(copy)).toEqual(outcomeOf(folder));
  });

  test("after a kill within a write leaves the torn file as it is, beside its whole part", async () => {
    for (const cut of [1, 5, 40, 200]) {
      const copy = killedAt("10 logged");
      const { logPath } = listFragments(join(copy, "run", "wandb")).at(-1)!;
      const size = statSync(logPath).size - cut;
      truncateSync(logPath, size);
      await train(copy);
      expect(statSync(`${logPath}.torn`).size).toBe(size);
      expect(statSync(logPath).size).toBeLessThanOrEqual(size);
      expect(outcomeOf(copy)).toEqual(outcomeOf(folder));
    }
  });

  test("after several kills is still one run", async () => {
    const copy = killedAt(8);
    const second = newFolder();
    await train(copy, { onStep: (step) => step === 13 && cpSync(copy, second, { recursive: true }) });
    rmSync(join(second, "run", "checkpoints", "lock.json"));
    await train(second);
    expect(outcomeOf(second)).toEqual(outcomeOf(folder));
    expect(listFragments(join(second, "run", "wandb"))).toHaveLength(3);
  });

  test.each([4, 6, 12])("after a stop at step %i has what came before the stop, and goes on", async (stopAt) => {
    const copy = newFolder();
    await train(copy, { stopAt });
    const stopped = loggedRun(join(copy, "run"));
    expect(bySteps(stopped.rows).at(-1)!["_step"]).toBe(stopAt);
    expect(stopped.entries.at(-1)).toEqual({ kind: "exit", exitCode: 255 });
    await train(copy);
    const run = loggedRun(join(copy, "run"));
    expect(bySteps(run.rows)).toEqual(bySteps(whole.rows));
    expect(run.summary).toEqual(whole.summary);
  });

  test("with more epochs is the same run", async () => {
    const copy = newFolder();
    const { runId } = await train(copy, { epochs: 2 });
    const again = await train(copy, { epochs: 3 });
    expect(again.runId).toBe(runId);
    const rows = bySteps(loggedRun(join(copy, "run")).rows.filter((row) => !("test/loss" in row)));
    expect(rows).toEqual(bySteps(whole.rows.filter((row) => !("test/loss" in row))));
  });

  test("that differs from what the log has becomes another run", async () => {
    const copy = killedAt(13);
    rmSync(join(copy, "run", "checkpoints"), { recursive: true });
    const { lines } = await train(copy, { learningRateFactor: 2 });
    const fragments = listFragments(join(copy, "run", "wandb"));
    const [first, , branch] = fragments;
    expect(fragments).toHaveLength(3);
    expect(branch!.runId).not.toBe(first!.runId);
    expect(lines).toContainEqual(expect.stringContaining(`differs from what run ${first!.runId} has. It goes on as run ${branch!.runId}`));
    const entries = readLog(branch!.logPath);
    const run = entries.find((entry) => entry.kind === "run")!;
    expect(run.kind === "run" && run.run.config.find(({ path }) => path[0] === "branched_from")?.json).toContain(`"run":"${first!.runId}"`);
    expect(entries.filter(({ kind }) => kind === "history").length).toBeGreaterThan(3);
    expect(entries.at(-1)).toEqual({ kind: "exit", exitCode: 0 });
  });
});

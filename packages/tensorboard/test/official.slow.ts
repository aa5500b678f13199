import type { LogRecord } from "@snapfit/core";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Unavailable } from "../../../benchmarks/step/unavailable.js";
import { cutRun, eventFilesOf } from "./support/cut-run.js";
import { loggedRun } from "./support/logged-run.js";
import { readOfficially, tensorboardPython, withTensorBoard } from "./support/official.js";

let folder: string;
let python: string | undefined;
const records: LogRecord[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tensorboard-"));
  try {
    python = await tensorboardPython();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(`The official TensorBoard is not here: ${error.message}`);
    return;
  }
  await loggedRun(join(folder, "whole"), { records });
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe("the official TensorBoard", () => {
  test("reads every value that was logged, and nothing else", async ({ skip }) => {
    if (python === undefined) return skip();
    const found = await readOfficially(python, join(folder, "whole", "run"));
    expect(found.scalars).toEqual(expectedScalars());
    const of = <K extends LogRecord["kind"]>(kind: K) =>
      records.filter((record): record is LogRecord & { kind: K } => record.kind === kind);
    expect(found.texts["note"]).toEqual(of("text").map(({ step, text }) => [step, [text]]));
    expect(found.texts["alerts"]).toEqual([[2, ["[error] Loss: is high"]]]);
    expect(found.histograms["weights"]).toEqual(
      of("histogram").map(({ step, edges, counts }) => {
        const middles = counts.map((_, i) => (edges[i]! + edges[i + 1]!) / 2);
        const sum = middles.reduce((total, middle, i) => total + counts[i]! * middle, 0);
        const squares = middles.reduce((total, middle, i) => total + counts[i]! * middle * middle, 0);
        return [step, [edges[0], edges.at(-1), 3, sum, squares, edges.slice(1), counts]];
      }),
    );
    expect(found.images["valid/표본"]).toEqual(of("image").map(({ step, image }) => [step, [2, 2, "L", [...image.data]]]));
  });

  test("reads the same after a kill at each of many bytes and a resume", async ({ skip }) => {
    if (python === undefined) return skip();
    const expected = await readOfficially(python, join(folder, "whole", "run"));
    const { length } = readFileSync(eventFilesOf(join(folder, "whole"))[0]!);
    const numCuts = 20;
    for (let i = 1; i <= numCuts; i++) {
      const cut = Math.floor(length * (0.7 + (0.3 * i) / numCuts)); // behind the checkpoint
      const own = join(folder, `killed-${cut}`);
      cutRun(join(folder, "whole"), own, cut);
      await loggedRun(own);
      expect(await readOfficially(python, join(own, "run"))).toEqual(expected);
    }
  });

  test("forgets what another run wrote before, by each of its readers, and shows options and best values on HPARAMS", async ({ skip }) => {
    if (python === undefined) return skip();
    const runs = join(folder, "runs");
    const directory = join(runs, "run");
    await loggedRun(runs, { seed: 8, stopAt: 7, tensorboard: { directory } });
    rmSync(join(directory, "checkpoints"), { recursive: true });
    await loggedRun(runs, { tensorboard: { directory } });
    expect((await readOfficially(python, directory)).scalars).toEqual(expectedScalars());
    for (const fast of [true, false]) {
      await withTensorBoard(python, runs, { fast }, async ({ get, post }) => {
        for (const [tag, expected] of Object.entries(expectedScalars())) {
          const text = await get(`data/plugin/scalars/scalars?run=run&tag=${encodeURIComponent(tag)}`);
          const found = (text as [number, number, number | string][]).map(([, step, value]) => [step, Number(value)]);
          expect(found, tag).toEqual(
            expected.map(([step, value]) => [step, Number(value.replace("nan", "NaN").replace("inf", "Infinity"))]),
          );
        }
        const { sessionGroups } = (await post("data/plugin/hparams/session_groups", {
          experimentName: "",
          allowedStatuses: ["STATUS_SUCCESS"],
          colParams: [
            { hparam: "stateManager.everySteps", includeInResult: true },
            { metric: { group: "", tag: "best/loss" }, includeInResult: true },
          ],
          startIndex: 0,
          sliceSize: 10,
        })) as { sessionGroups: unknown[] };
        const best = { name: { group: "", tag: "best/loss" }, value: Number(expectedScalars()["best/loss"]![0]![1]) };
        expect(sessionGroups).toMatchObject([
          { hparams: { "stateManager.everySteps": 2 }, metricValues: expect.arrayContaining([expect.objectContaining(best)]) },
        ]);
      });
    }
  });
});

/** Tags, steps and values that the records of the whole run stand for. */
function expectedScalars(): Record<string, [step: number, value: string][]> {
  const expected: Record<string, [number, string][]> = {};
  const add = (tag: string, step: number, value: number): void => {
    (expected[tag] ??= []).push([step, pythonText(Math.fround(value))]);
  };
  for (const record of records) {
    if (record.kind === "summary") for (const name of ["best/loss", "best/epoch"]) add(name, record.step, record.values[name] as number);
    if (record.kind !== "scalars") continue;
    for (const [name, value] of Object.entries(record.values)) add(name, record.step, value);
    if (record.key === "valid") for (const [name, value] of Object.entries(record.values)) add(`epoch/${name}`, record.epoch, value);
    if (record.key === "epoch") {
      add("epoch/train/loss", record.epoch, record.values["train/loss_epoch"]!);
      add("epoch/train/acc", record.epoch, record.values["train/acc_epoch"]!);
    }
  }
  return expected;
}

/** A number as Python's repr() has it. */
function pythonText(value: number): string {
  if (!Number.isFinite(value)) return String(value).toLowerCase().replace("infinity", "inf");
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

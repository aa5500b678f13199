import { FileLogger } from "@snapfit/file-logger";
import { parseSafetensors, toHostTensor } from "@snapfit/safetensors";
import { seededClasses, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellsOf, loggedRun, rowsOf, speedsOf } from "./support/logged-run.js";

let folder: string;
let lines: readonly string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "file-logger-"));
  lines = await loggedRun(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));
const path = (...names: string[]): string => join(folder, "run", ...names);

describe("FileLogger", () => {
  test("writes the lines for people with time and level, those from before the run folder was known too, and leaves the console's as they are", () => {
    const text = readFileSync(path("run_training.log"), "utf8");
    const messages = [...text.matchAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - (?:INFO|WARNING|ERROR|DEBUG) - (.*)$/gm)].map(
      ([, message]) => message,
    );
    expect(messages).toEqual(lines);
    expect(messages[0]).toMatch(/^Device: /);
    expect(messages.some((message) => message!.startsWith("[  3/3] loss:"))).toBe(true);
  });

  test("writes each record as a row of metrics.jsonl, numbered without a gap", () => {
    const rows = rowsOf(folder);
    expect(rows.map(({ row }) => row)).toEqual(rows.map((_, i) => i));
    const step = (wanted: number) => rows.filter((row) => row["step"] === wanted && row["kind"] !== "scalars");
    expect(step(3)).toEqual([
      { row: expect.any(Number), fit: 1, step: 3, epoch: 2, kind: "text", key: "note", text: 'step 3: 안녕 🎉\n"second line"' },
      {
        row: expect.any(Number),
        fit: 1,
        step: 3,
        epoch: 2,
        kind: "histogram",
        key: "weights",
        edges: expect.any(Array),
        counts: expect.any(Array),
      },
      {
        row: expect.any(Number),
        fit: 1,
        step: 3,
        epoch: 2,
        kind: "table",
        key: "table",
        columns: ["name", "value"],
        rows: [["a,b", "NaN"]],
      },
      {
        row: expect.any(Number),
        fit: 1,
        step: 3,
        epoch: 2,
        kind: "image",
        key: "valid/표본",
        path: "images/valid/표본_000003.png",
        width: 2,
        height: 2,
        numChannels: 1,
      },
    ]);
  });

  test("writes numbers that JSON lacks as text", () => {
    const values = rowsOf(folder)
      .filter(({ key }) => key === "train")
      .map((row) => (row["values"] as Record<string, unknown>)["비율/한글 🎉"]);
    expect(values).toEqual([0, "NaN", "-Infinity", 3, 4, 5, 6, 7, 8]);
  });

  test("writes scalars as a table whose columns grow, and whose rows all have the header's width", () => {
    const [header, ...rows] = cellsOf(folder);
    expect(header!.slice(0, 5)).toEqual(["row", "fit", "step", "epoch", "key"]);
    expect(header).toEqual(
      expect.arrayContaining(["train/loss", "train/acc", "train/lr", "train/late", "train/loss_epoch", "valid/loss", "비율/한글 🎉"]),
    );
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([header!.length]));
    const scalars = rowsOf(folder).filter(({ kind }) => kind === "scalars");
    expect(rows).toHaveLength(scalars.length);
    for (const [i, { row, fit, step, epoch, key, values }] of scalars.entries()) {
      const cells: Record<string, string> = Object.fromEntries(header!.map((name, j) => [name, rows[i]![j]!]));
      expect(cells).toMatchObject({ row: `${row}`, fit: `${fit}`, step: `${step}`, epoch: `${epoch}`, key });
      for (const name of header!.slice(5)) expect(cells[name]).toBe(String((values as Record<string, unknown>)[name] ?? ""));
    }
  });

  test("writes how fast it trains in each row of training, and nowhere else", () => {
    const speeds = speedsOf(folder);
    const isTraining = rowsOf(folder)
      .filter(({ kind }) => kind === "scalars")
      .map(({ key }) => key === "train");
    expect(speeds.map((speed) => Number(speed) > 0)).toEqual(isTraining);
  });

  test("writes config and summary", () => {
    expect(JSON.parse(readFileSync(path("config.json"), "utf8"))).toMatchObject({
      seed: 7,
      runName: "run",
      stateManager: { everySteps: 2 },
    });
    const summary = JSON.parse(readFileSync(path("summary.json"), "utf8")) as Record<string, unknown>;
    expect(summary).toMatchObject({ steps: 9, reason: "3 epochs", "best/loss": expect.any(Number), "valid/acc": expect.any(Number) });
  });

  test("keeps images as PNG and files as they were", () => {
    const png = readFileSync(path("images", "valid", "표본_000003.png"));
    const data = png.subarray(png.indexOf("IDAT") + 4, png.indexOf("IEND") - 8);
    expect([...inflateSync(data)]).toEqual([0, 3, 2, 0, 3, 4]);
    expect(readFileSync(path("files", "보고서", "report.txt"), "utf8")).toBe("a report");
    expect(rowsOf(folder).find(({ kind }) => kind === "file")).toMatchObject({ key: "보고서", path: "files/보고서/report.txt" });
  });

  test("writes the best weights where it is asked to, with what they are the best by", async () => {
    expect(existsSync(path("best_model.safetensors"))).toBe(false);
    const Class = TinyTrainer.addOn(FileLogger);
    const trainer = new Class({ ...tinyOptions(), outputDir: folder, runName: "kept", fileLogger: { logModel: true } });
    const validation = tinyLoader(seededClasses({ numSamples: 6 }));
    for (let fit = 0; fit < 2; fit++) await trainer.fit({ train: tinyLoader(seededClasses({ numSamples: 12 })), validation, epochs: 1 });
    const { weights, monitor, value, epoch, step } = trainer.bestModelState!;
    await trainer.close();
    const { tensors, metadata } = parseSafetensors(readFileSync(join(folder, "kept", "best_model.safetensors")));
    expect(Object.fromEntries(metadata)).toEqual({ monitor, value: String(value), epoch: String(epoch), step: String(step) });
    expect([...tensors.keys()].sort()).toEqual(Object.keys(weights).sort());
    for (const [name, tensor] of tensors) expect(toHostTensor(tensor), name).toEqual(weights[name]);
  });

  test("says where its files are", async () => {
    const trainer = new (TinyTrainer.addOn(FileLogger))({ ...tinyOptions(), outputDir: folder, runName: "other" });
    expect(trainer.fileLogger.directory).toBeUndefined();
    await trainer.ready();
    expect(trainer.fileLogger.directory).toBe(join(folder, "other"));
    await trainer.close();
  });

  test("says what is wrong with its options before there is a file", () => {
    const build = (fileLogger: object) => () =>
      new (TinyTrainer.addOn(FileLogger))({ ...tinyOptions(), outputDir: join(folder, "none"), fileLogger });
    expect(build({ direktory: "x" })).toThrow(
      expect.objectContaining({ code: "OPTION_UNKNOWN", message: 'There is no option "fileLogger.direktory". Did you mean "directory"?' }),
    );
    expect(build({ directory: 5 })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: "Option fileLogger.directory is 5. It takes a folder." }),
    );
    expect(build(7 as never)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  test("leaves a logger that is none to the core's check", () => {
    expect(() => new (TinyTrainer.addOn(FileLogger))({ ...tinyOptions(), logger: { info: 5 } as never })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining("Option logger") }),
    );
  });
});

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostTensor } from "@snapfit/base";
import { parseSafetensors } from "@snapfit/safetensors";
import { describe, expect, test } from "vitest";
import { logRow, openLog } from "./support/open-log.js";
import { loggedRun, readLog, valuesOf } from "./support/read-log.js";
import { data, keptLines, Logged, optionsIn } from "./support/tiny-run.js";

const newFolder = (): string => mkdtempSync(join(tmpdir(), "snapfit-wandb-"));

describe("WandBLogger", () => {
  test("tells the run, and how to upload it", async () => {
    const folder = newFolder();
    const { lines, logger } = keptLines();
    const settings = { project: "digits", entity: "me", name: "한글 🙂", tags: ["a", "b"], notes: "n", group: "g", jobType: "j" };
    await using trainer = new Logged(optionsIn(folder, settings, { logger }));
    expect(trainer.wandb).toMatchObject({ runId: null, url: null, directory: null });
    await trainer.ready();
    const { runId, url, directory } = trainer.wandb;
    expect([runId, url]).toEqual([expect.stringMatching(/^[a-z0-9]{8}$/), null]);
    expect(directory).toMatch(new RegExp(`^${folder}/run/wandb/offline-run-\\d{8}_\\d{6}-${runId}$`));
    expect(lines).toContain(`W&B: run ${runId} is logged offline. Upload it with: wandb sync ${directory}`);
    await trainer.close();
    const [run] = readLog(join(directory!, `run-${runId}.wandb`)).flatMap((entry) => (entry.kind === "run" ? [entry.run] : []));
    expect(run).toMatchObject({ ...settings, runId, isResumed: false });
  });

  test("merges the records of a step into a row, and keeps summaries by definition", async () => {
    const folder = newFolder();
    const log = openLog(folder, {
      metrics: { "valid/*": { step: "epoch", summary: ["min", "max", "mean", "first", "last"] }, "train/x": { summary: ["none"] } },
    });
    for (const [step, loss] of [
      [1, 3],
      [2, 1],
      [3, NaN],
      [4, 2],
    ] as const) {
      logRow(log, step, { "train/x": step });
      logRow(log, step, { "valid/loss": loss, epoch: step });
    }
    void log.write({
      kind: "summary",
      fit: 1,
      step: 4,
      epoch: 4,
      key: "fit",
      values: { "best/loss": 1, "valid/loss": 7, reason: "4 epochs" },
    });
    log.close(0);
    const { rows, summary, entries } = loggedRun(folder);
    expect(rows).toEqual([
      { _step: 1, "train/x": 1, "valid/loss": 3, epoch: 1 },
      { _step: 2, "train/x": 2, "valid/loss": 1, epoch: 2 },
      { _step: 3, "train/x": 3, "valid/loss": "NaN", epoch: 3 },
      { _step: 4, "train/x": 4, "valid/loss": 2, epoch: 4 },
    ]);
    expect(summary).toEqual({
      _step: 4,
      epoch: 4,
      "valid/loss": { min: 1, max: 3, mean: 2, first: 3, last: 2 },
      "best/loss": 1,
      reason: "4 epochs",
    });
    expect(entries.flatMap((entry) => (entry.kind === "metric" ? [entry.metric] : []))).toEqual([
      { name: "train/x", stepMetric: undefined, options: [3], summaries: [6] },
      { name: "epoch", stepMetric: undefined, options: [3], summaries: [] },
      { name: "valid/loss", stepMetric: "epoch", options: [1, 3], summaries: [1, 2, 3, 5, 8] },
    ]);
  });

  test("writes media beside the log and tells of them in the row", async () => {
    const folder = newFolder();
    const source = join(folder, "notes.txt");
    writeFileSync(source, "hello");
    await using trainer = new Logged(optionsIn(folder, { logModel: true }));
    await trainer.ready();
    trainer.logImage("샘플/image", hostTensor(new Float32Array(12).fill(1), [2, 2, 3]));
    trainer.logTable("table", ["a", "b"], [["x", NaN]]);
    trainer.logHistogram("weights", [1, 2, 2, 4], { numBins: 3 });
    trainer.logText("text", "안녕 🙂\n".repeat(150_000));
    trainer.logFile("deep/../notes", source);
    await trainer.fit({ ...data(), epochs: 1 });
    const directory = trainer.wandb.directory!;
    await trainer.close();
    const { rows, entries } = loggedRun(join(folder, "run"));
    const row = rows[0] as Record<string, { path: string; _type: string }>;
    expect(row["weights"]).toEqual({ _type: "histogram", values: [1, 2, 1], bins: [1, 2, 3, 4] });
    expect(row["text"]).toBe("안녕 🙂\n".repeat(150_000));
    expect(row["샘플/image"]).toMatchObject({ _type: "image-file", format: "png", width: 2, height: 2 });
    const file = (path: string): Buffer => readFileSync(join(directory, "files", path));
    expect(file(row["샘플/image"]!.path).subarray(1, 4).toString()).toBe("PNG");
    expect(file(row["table"]!.path).toString()).toBe('{"columns":["a","b"],"data":[["x",NaN]]}');
    expect(entries.flatMap((entry) => (entry.kind === "files" ? entry.paths : [])).sort()).toEqual(
      ["deep/notes.txt", row["샘플/image"]!.path, row["table"]!.path].sort(),
    );
    expect(file("deep/notes.txt").toString()).toBe("hello");
    const [model] = readdirSync(join(directory, "artifacts"), { recursive: true }).filter((name) => String(name).endsWith(".safetensors"));
    const { tensors } = parseSafetensors(readFileSync(join(directory, "artifacts", String(model))));
    expect([...tensors.keys()].sort()).toEqual(Object.keys(trainer.bestModelState!.weights).sort());
  });

  test("has the lines of the console, also those before the run began", async () => {
    const folder = newFolder();
    const { lines, logger } = keptLines();
    await using trainer = new Logged(optionsIn(folder, {}, { logger }));
    await trainer.fit({ ...data(), epochs: 1 });
    trainer.logger.error("bad");
    await trainer.close();
    const logged = loggedRun(join(folder, "run")).entries.flatMap((entry) => (entry.kind === "outputRaw" ? [entry] : []));
    expect(logged.map(({ line }) => line)).toEqual(lines.map((line) => `${line}\n`));
    expect(logged.filter(({ isError }) => isError).map(({ line }) => line)).toEqual(["bad\n"]);
  });

  test("has what the process prints besides, and lines that the logger prints once", async () => {
    const folder = newFolder();
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    const logger = { debug: print, info: print, warning: print, error: print };
    const write = Object.getOwnPropertyDescriptor(process.stdout, "write");
    await using trainer = new Logged(optionsIn(folder, {}, { logger }));
    await trainer.ready();
    process.stdout.write("안녕");
    process.stdout.write(" 🙂\n");
    process.stderr.write("bad\n");
    trainer.logger.info("once");
    process.stdout.write("last\n");
    await trainer.close();
    expect(Object.getOwnPropertyDescriptor(process.stdout, "write")).toEqual(write);
    const logged = loggedRun(join(folder, "run")).entries.flatMap((entry) => (entry.kind === "outputRaw" ? [entry] : []));
    const lines = logged.map(({ line, isError }) => `${isError ? "! " : ""}${line}`).filter((line) => !line.startsWith("W&B"));
    expect(lines).toEqual([expect.stringContaining("Device: cpu"), "안녕 🙂\n", "! bad\n", "once\n", "last\n"]);
  });

  test("ends a run that fails with exit code 1, and one that has trained with 0", async () => {
    const folder = newFolder();
    class Failing extends Logged {
      protected override async onOptimizerStep(): Promise<void> {
        throw new Error("no");
      }
    }
    const failing = new Failing(optionsIn(folder));
    await expect(failing.fit({ ...data(), epochs: 1 })).rejects.toThrow("no");
    await failing.close();
    expect(loggedRun(join(folder, "run")).entries.at(-1)).toEqual({ kind: "exit", exitCode: 1 });
  });

  test("keeps runs apart that share a directory", async () => {
    const folder = newFolder();
    const runIds: (string | null)[] = [];
    for (let i = 0; i < 2; i++) {
      await using trainer = new Logged(optionsIn(join(folder, "runs"), { directory: join(folder, "logs") }));
      await trainer.fit({ ...data(), epochs: 1 });
      runIds.push(trainer.wandb.runId);
    }
    const [first, second] = ["run", "run-2"].map((name) => loggedRun(join(folder, "logs", name)));
    expect([...first!.runIds, ...second!.runIds]).toEqual(runIds);
    expect(runIds[0]).not.toBe(runIds[1]);
    expect(second!.rows).toEqual(first!.rows);
  });

  test("does nothing when it is disabled", async () => {
    const folder = newFolder();
    await using trainer = new Logged(optionsIn(folder, { mode: "disabled" }));
    await trainer.fit({ ...data(), epochs: 1 });
    expect(trainer.wandb.runId).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("config can be added to; options of this add-on are not part of it", async () => {
    const folder = newFolder();
    await using trainer = new Logged(optionsIn(folder, { project: "p" }));
    await trainer.ready();
    trainer.wandb.updateConfig({ data: { size: 3, limit: Infinity } });
    await trainer.close();
    const config = loggedRun(join(folder, "run")).entries.flatMap((entry) => (entry.kind === "config" ? [valuesOf(entry.items)] : []));
    expect(config).toEqual([expect.objectContaining({ seed: 7, runName: "run" }), { data: { size: 3, limit: "Infinity" } }]);
    expect(config[0]).not.toHaveProperty("wandb");
  });

  test("takes 100,000 rows", () => {
    const folder = newFolder();
    const log = openLog(folder);
    for (let step = 1; step <= 100_000; step++) logRow(log, step, { "train/loss": 1 / step, "train/정확도": step });
    log.close(0);
    const { rows } = loggedRun(folder);
    expect(rows).toHaveLength(100_000);
    expect(rows.every((row, i) => row["_step"] === i + 1 && row["train/loss"] === 1 / (i + 1) && row["train/정확도"] === i + 1)).toBe(true);
  });
});

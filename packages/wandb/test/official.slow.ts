import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostTensor } from "@snapfit/base";
import { parseSafetensors } from "@snapfit/safetensors";
import { transform } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listFragments } from "../src/run/fragments.js";
import { logRow, logRows, openLog } from "./support/open-log.js";
import { loggedRun, timeless } from "./support/read-log.js";
import { data, Logged, optionsIn } from "./support/tiny-run.js";
import { OfficialClient } from "./support/wandb-program.js";
import { parseLoose, WandBServer } from "./support/wandb-server.js";

const official = await OfficialClient.find();

describe.skipIf(official === undefined)("the official client", () => {
  let server: WandBServer;
  let folder: string;
  beforeEach(async () => {
    server = await WandBServer.start();
    folder = mkdtempSync(join(tmpdir(), "snapfit-wandb-"));
  });
  afterEach(() => server[Symbol.asyncDispose]());

  /** Rows of the server without times. */
  function rowsOf(id: string): Record<string, unknown>[] {
    return server.rows(id).map((row) => {
      expect([typeof row["_runtime"], typeof row["_timestamp"]]).toEqual(["number", "number"]);
      return timeless(row);
    });
  }

  async function trainedRun(): Promise<{ readonly directory: string; readonly runId: string }> {
    await using trainer = new Logged(
      optionsIn(folder, {
        project: "digits",
        tags: ["a"],
        notes: "한글 🙂",
        logModel: true,
        metrics: { "valid/*": { step: "epoch", summary: ["min"] } },
      }),
    );
    await trainer.ready();
    trainer.logText("hello", "안녕 🙂");
    trainer.logHistogram("h", [1, 2, 3, 4], { numBins: 4 });
    trainer.logTable("tab", ["a", "b"], [[1, "x"]]);
    trainer.log("손실/nan", NaN);
    trainer.log("inf", -Infinity);
    trainer.logImage("img", hostTensor(new Float32Array(48), [4, 4, 3]));
    await trainer.fit({ ...data(), epochs: 2 });
    return { directory: trainer.wandb.directory!, runId: trainer.wandb.runId! };
  }

  test("uploads a run with all that was logged", async () => {
    const { directory, runId } = await trainedRun();
    const { output } = await official!.wandb(["sync", directory], server.url, folder);
    expect(output).toContain("Finished syncing");
    expect(readdirSync(directory)).toContain(`run-${runId}.wandb.synced`);
    const run = server.runs.get(runId)!;
    const logged = loggedRun(join(folder, "run"));
    expect(rowsOf(runId)).toEqual(logged.rows);
    expect(parseLoose(run.summary)).toMatchObject({ ...logged.summary, "valid/loss": { min: expect.any(Number) } });
    expect(run).toMatchObject({ exitCode: 0, variables: { displayName: "run", notes: "한글 🙂", tags: ["a"], project: "digits" } });
    const config = JSON.parse(run.config) as Record<string, { value: unknown }>;
    expect(config["seed"]).toEqual({ value: 7 });
    expect(config["_wandb"]!.value).toMatchObject({
      m: expect.arrayContaining([expect.objectContaining({ 1: "valid/loss", 6: [1, 3], 7: [1] })]),
      t: expect.objectContaining({ 5: "0.1.0+snapfit" }),
    });
    expect(run.files["output.log"]!.map((line) => line.replace(/^\S+ /, "")).slice(0, 1)).toEqual([expect.stringContaining("Device: cpu")]);
    const paths = logged.entries.flatMap((entry) => (entry.kind === "files" ? entry.paths : []));
    for (const path of paths) expect(run.uploads[path]!.length).toBe(statSync(join(directory, "files", path)).size);
    const [artifact] = server.artifacts.artifacts;
    expect(artifact).toMatchObject({
      isCommitted: true,
      variables: { artifactTypeName: "model", artifactCollectionName: `run-${runId}-model` },
    });
    expect([...parseSafetensors(artifact!.files["model.safetensors"]!).tensors.keys()].length).toBeGreaterThan(0);
  });

  test("uploads all fragments of a run that was killed within a write, as one run", async () => {
    const killed = openLog(folder);
    logRows(killed, 1, 50);
    const [fragment] = listFragments(join(folder, "wandb"));
    truncateSync(fragment!.logPath, statSync(fragment!.logPath).size - 9);
    const second = openLog(folder);
    logRows(second, 1, 80);
    second.close(0);
    const { output } = await official!.wandb(["sync", second.syncPath], server.url, folder);
    expect(output).toContain("Finished syncing");
    expect([...server.runs.keys()]).toEqual([second.runId]);
    expect(rowsOf(second.runId)).toEqual(Array.from({ length: 80 }, (_, i) => ({ _step: i + 1, loss: 1 / (i + 1) })));
  });

  test("follows a run that is still going on", async () => {
    const log = openLog(folder);
    const follower = official!.wandb(["beta", "sync", "--live", log.syncPath], server.url, folder);
    for (let step = 1; step <= 200; step++) {
      logRow(log, step, { loss: 1 / step });
      if (step % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 500));
    }
    log.close(0);
    await follower;
    expect(rowsOf(log.runId)).toHaveLength(200);
    expect(server.runs.get(log.runId)!.exitCode).toBe(0);
  });

  test("shows the run in its terminal viewer", async () => {
    const { directory, runId } = await trainedRun();
    const { output } = await official!.wandb(["leet", "inspect", "--json", directory], server.url, folder);
    const records = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { num: number; type: string; history?: { item: object }; run?: { run_id: string } });
    expect(records.map(({ num }) => num)).toEqual(records.map((_, i) => i + 1));
    expect(records.find(({ type }) => type === "run")!.run!.run_id).toBe(runId);
    expect(records.filter(({ type }) => type === "history").map(({ history }) => history!.item)).toEqual(
      loggedRun(join(folder, "run")).rows.map((row) => expect.objectContaining(row) as object),
    );
  });

  test("starts the program of a sweep in the README, whose choice is the run's config", async () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const [, yaml, source] = /```yaml\n(.*?)```\s+```ts\n(.*?)```/s.exec(readme)!;
    const { code } = await transform(source!, { loader: "ts", target: "es2022", format: "esm" });
    const place = mkdtempSync(fileURLToPath(new URL("../../../.snapfit/wandb-sweep-", import.meta.url))); // packages are found from here
    const program = join(place, "train.mjs");
    writeFileSync(program, code);
    const args = { learningRate: { value: 0.02 }, units: { value: 1 } };
    server.sweepRun = { runId: "r1", config: yaml!.replace("train.mjs", program), args };
    const { output } = await official!.wandb(["agent", "--count", "1", "someone/curves/sweep1"], server.url, folder);
    rmSync(place, { recursive: true });
    expect([...server.runs.keys()], output).toEqual(["r1"]);
    const run = server.runs.get("r1")!;
    expect(JSON.parse(run.config)).toMatchObject({ learningRate: { value: 0.02 }, units: { value: 1 }, seed: { value: 7 } });
    expect(run).toMatchObject({ exitCode: 0, variables: { sweep: "sweep1", project: "curves", displayName: "r1" } });
    expect(parseLoose(run.summary)).toMatchObject({ "valid/loss": expect.any(Number) });
    expect(server.rows("r1").at(-1)!["_step"]).toBe(40);
  });

  test("finds nothing to do for a run that was uploaded while it went on", async () => {
    process.env["WANDB_API_KEY"] = "k".repeat(40);
    const trainer = new Logged(optionsIn(folder, { mode: "online", baseUrl: server.url, project: "p" }));
    delete process.env["WANDB_API_KEY"];
    await trainer.fit({ ...data(), epochs: 1 });
    await trainer.close();
    const { directory, runId } = trainer.wandb;
    const rows = server.rows(runId!);
    const { output } = await official!.wandb(["sync", directory!], server.url, folder);
    expect(output).toContain("Skipped 1 synced run");
    expect(server.rows(runId!)).toEqual(rows);
  });
});

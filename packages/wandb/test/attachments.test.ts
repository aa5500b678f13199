import { hostTensor } from "@snapfit/base";
import { parseSafetensors } from "@snapfit/safetensors";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LogReader } from "../src/log/log-reader.js";
import type { Fragment } from "../src/run/fragments.js";
import type { RunLog } from "../src/run/run-log.js";
import { RunContent } from "../src/upload/run-content.js";
import { RunUpload } from "../src/upload/run-upload.js";
import { Service } from "../src/upload/service.js";
import { logRows, openLog } from "./support/open-log.js";
import { quickUpload } from "./support/quick-upload.js";
import { data, keptLines, Logged, optionsIn } from "./support/tiny-run.js";
import { parseLoose, WandBServer, type SeenRequest } from "./support/wandb-server.js";

let server: WandBServer;
let folder: string;
beforeEach(async () => {
  server = await WandBServer.start();
  folder = mkdtempSync(join(tmpdir(), "snapfit-wandb-"));
});
afterEach(() => server[Symbol.asyncDispose]());

const model = { weights: { w: hostTensor(Float32Array.of(1, 2), [2]) }, monitor: "loss", value: 0.5, epoch: 1, step: 3 };

async function logModel(log: RunLog): Promise<void> {
  logRows(log, 1, 3);
  await log.addModel(model);
  log.close(0);
}

function countOf(operation: string): number {
  return server.requests.filter((request) => request.operation === operation).length;
}

describe("the best model, online", () => {
  test("is an artifact of the run, with its weights", async () => {
    process.env["WANDB_API_KEY"] = "secret";
    const settings = { mode: "online", baseUrl: server.url, project: "p", logModel: true } as const;
    const trainer = new Logged(optionsIn(folder, settings, { logger: keptLines().logger }));
    delete process.env["WANDB_API_KEY"];
    await trainer.fit({ ...data(), epochs: 2 });
    await trainer.close();
    const [artifact] = server.artifacts.artifacts;
    const name = `run-${trainer.wandb.runId}-model`;
    expect(artifact).toMatchObject({ isCommitted: true, variables: { artifactCollectionName: name, artifactTypeName: "model" } });
    const { tensors } = parseSafetensors(artifact!.files["model.safetensors"]!);
    const { weights, monitor, value, epoch, step } = trainer.bestModelState!;
    expect([...tensors.keys()].sort()).toEqual(Object.keys(weights).sort());
    expect(JSON.parse(String(artifact!.variables["metadata"]))).toEqual({ [monitor]: value, epoch, step });
  });

  test.each(["CreateArtifact", "CreateArtifactManifest", "CreateArtifactFiles", "PUT", "CommitArtifact"])(
    "is completed when %s gets no answer",
    async (name) => {
      const log = openLog(folder);
      await logModel(log);
      let isCut = false;
      server.beforeAnswer = ({ method, operation, path }) => {
        if (isCut || (operation ?? (path.startsWith("/artifact") ? method : "")) !== name) return undefined;
        isCut = true;
        return "cut";
      };
      const { running, news } = quickUpload(server, log);
      await running.finish(10_000);
      expect([isCut, news.at(-1)]).toEqual([true, { kind: "ended", end: "complete" }]);
      expect(server.artifacts.artifacts).toHaveLength(1);
      expect(server.artifacts.artifacts[0]).toMatchObject({ isCommitted: true });
      expect(Object.keys(server.artifacts.artifacts[0]!.files).sort()).toEqual(["model.safetensors", "wandb_manifest.json"]);
      expect(server.rows(log.runId)).toHaveLength(3);
    },
  );

  test("does not keep the service waiting for a sign of life while it is sent", async () => {
    const log = openLog(folder);
    await logModel(log);
    server.fault = ({ path }) => (path.startsWith("/artifact") ? "hang" : undefined);
    const [{ logPath, filesPath }] = log.fragments as [Fragment];
    const content = new RunContent([{ filesPath, reader: new LogReader(logPath) }]);
    const ignore = (): void => undefined;
    const upload = new RunUpload(new Service({ baseUrl: server.url, apiKey: "key" }), content, {
      resume: undefined,
      notesPath: join(folder, "notes.json"),
      isSynced: false,
      heartbeatMs: 5,
      onStarted: ignore,
      onStopped: ignore,
      onLeftOut: ignore,
    });
    const end = new AbortController();
    const sending = upload.send(end.signal);
    const numBeats = (): number => server.requests.filter(({ path, body }) => path.endsWith("/file_stream") && body === "{}").length;
    await expect.poll(numBeats, { timeout: 30_000 }).toBeGreaterThan(2);
    end.abort();
    await expect(sending).rejects.toThrow("got no answer");
  });

  test("is not sent again when the service has it", async () => {
    for (const name of ["a", "b"]) {
      const log = openLog(join(folder, name), { runId: "same" });
      await logModel(log);
      await quickUpload(server, log).running.finish(10_000);
    }
    expect(server.artifacts.artifacts).toHaveLength(1);
    expect([countOf("CreateArtifact"), countOf("CommitArtifact")]).toEqual([2, 1]);
  });

  test("is left out when its file was removed", async () => {
    const log = openLog(folder);
    await logModel(log);
    rmSync(join(log.fragments[0]!.path, "artifacts"), { recursive: true });
    const { running, news } = quickUpload(server, log);
    await running.finish(10_000);
    expect(news.at(-1)).toEqual({ kind: "ended", end: "complete" });
    expect(countOf("CreateArtifact")).toBe(0);
  });
});

describe("files and alerts", () => {
  test("that the service does not want are left out with a warning, and the rest arrives", async () => {
    const log = openLog(folder);
    const alert = (title: string): void =>
      void log.write({ kind: "alert", fit: 1, step: 1, epoch: 1, key: "", title, text: "", level: "info" });
    alert("first");
    alert("second");
    logRows(log, 1, 10);
    log.close(0);
    server.fault = ({ variables }) => (variables["title"] === "first" ? { error: "alerts are off" } : undefined);
    const { running, news } = quickUpload(server, log);
    await running.finish(10_000);
    const message = 'alert "first" is left out: NotifyScriptableRunAlert was refused: alerts are off';
    expect(news.slice(1)).toEqual([
      { kind: "leftOut", message },
      { kind: "ended", end: "complete" },
    ]);
    expect(server.runs.get(log.runId)!.alerts.map(({ title }) => title)).toEqual(["second"]);
    expect(server.rows(log.runId)).toHaveLength(10);
  });

  test("go many at once, and one that the service does not want keeps none of the others back", async () => {
    const log = openLog(folder);
    for (let i = 0; i < 120; i++) {
      const source = join(folder, `${i}.txt`);
      writeFileSync(source, "x".repeat(i));
      void log.write({ kind: "file", fit: 1, step: 1, epoch: 1, key: `${i}`, path: source });
    }
    rmSync(join(log.fragments[0]!.filesPath, "30.txt"));
    log.close(0);
    const isRefused = ({ operation, variables }: SeenRequest): boolean =>
      operation === "CreateRunFiles" && (variables["files"] as string[]).includes("70.txt");
    server.fault = (request) => (isRefused(request) ? { error: "no" } : undefined);
    const { running, news } = quickUpload(server, log);
    await running.finish(20_000);
    expect(news.slice(1)).toEqual([
      { kind: "leftOut", message: 'file "70.txt" is left out: CreateRunFiles was refused: no' },
      { kind: "ended", end: "complete" },
    ]);
    const { uploads } = server.runs.get(log.runId)!;
    const names = Array.from({ length: 120 }, (_, i) => i).filter((i) => i !== 30 && i !== 70);
    for (const i of names) expect(uploads[`${i}.txt`]).toHaveLength(i);
    expect(Object.keys(uploads)).toHaveLength(names.length + 4);
    expect(countOf("CreateRunFiles")).toBe(3 + 50 + 1);
    const last = parseLoose(server.requests.filter(({ path }) => path.endsWith("/file_stream")).at(-1)!.body)["uploaded"] as string[];
    expect(last.sort()).toEqual(Object.keys(uploads).sort());
  });

  test("are told to the service when they have arrived, and all once more at the end", async () => {
    const log = openLog(folder);
    const source = join(folder, "a.txt");
    writeFileSync(source, "hello");
    void log.write({ kind: "file", fit: 1, step: 1, epoch: 1, key: "a", path: source });
    const { running } = quickUpload(server, log);
    const told = (): string[][] =>
      server.requests.flatMap(({ path, body }) =>
        path.endsWith("/file_stream") && body.includes("uploaded") ? [parseLoose(body)["uploaded"] as string[]] : [],
      );
    await expect.poll(told, { timeout: 30_000 }).toEqual([["a.txt"]]);
    log.close(0);
    await running.finish(10_000);
    expect(told().at(-1)!.sort()).toEqual(["a.txt", "config.yaml", "output.log", "wandb-metadata.json", "wandb-summary.json"]);
    expect(readdirSync(log.fragments[0]!.filesPath)).toEqual(["a.txt"]);
  });
});

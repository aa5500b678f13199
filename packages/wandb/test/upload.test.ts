import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findApiKey } from "../src/credentials.js";
import { uploadRun } from "../src/index.js";
import { logRows, openLog } from "./support/open-log.js";
import { loggedRun, timeless } from "./support/read-log.js";
import { quickUpload } from "./support/quick-upload.js";
import { data, keptLines, Logged, optionsIn } from "./support/tiny-run.js";
import { parseLoose, WandBServer, type SeenRequest, type ServerFault } from "./support/wandb-server.js";

let server: WandBServer;
let folder: string;
beforeEach(async () => {
  server = await WandBServer.start();
  folder = mkdtempSync(join(tmpdir(), "snapfit-wandb-"));
});
afterEach(() => server[Symbol.asyncDispose]());

const stepsOf = (id: string): unknown[] => server.rows(id).map((row) => row["_step"]);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("an upload", () => {
  test("brings all of a run to the service while it goes on", async () => {
    const { lines, logger } = keptLines();
    process.env["WANDB_API_KEY"] = "secret";
    const settings = {
      mode: "online",
      baseUrl: server.url,
      project: "digits",
      tags: ["a"],
      notes: "한글",
      group: "g",
      jobType: "j",
    } as const;
    const trainer = new Logged(optionsIn(folder, { ...settings, metrics: { "valid/*": { step: "epoch", summary: ["min"] } } }, { logger }));
    delete process.env["WANDB_API_KEY"];
    await trainer.ready();
    trainer.logTable("tab", ["a"], [[1]]);
    trainer.log("nan", NaN);
    trainer.alert("제목", "text");
    await trainer.fit({ ...data(), epochs: 2 });
    await trainer.close();
    const { runId, url } = trainer.wandb;
    expect(url).toBe(`${server.url}/someone/digits/runs/${runId}`);
    expect(lines).toContain(`W&B: ${url}`);
    expect(lines.at(-1)).toBe(`W&B: run ${runId} is uploaded: ${url}`);
    const run = server.runs.get(runId!)!;
    const logged = loggedRun(join(folder, "run"));
    expect(server.rows(runId!).map(timeless)).toEqual(logged.rows);
    expect(parseLoose(run.summary)).toMatchObject(logged.summary);
    expect(run).toMatchObject({
      exitCode: 0,
      variables: { displayName: "run", notes: "한글", tags: ["a"], groupName: "g", jobType: "j", project: "digits" },
      alerts: [{ title: "제목", text: "text", severity: "WARN", waitDuration: 60_000, runName: runId }],
    });
    const config = JSON.parse(run.config) as Record<string, { value: Record<string, unknown> }>;
    expect(config["seed"]).toEqual({ value: 7 });
    expect(config["_wandb"]!.value).toMatchObject({
      m: [
        { 1: "epoch", 6: [3], 7: [] },
        { 1: "valid/loss", 5: 1, 6: [1, 3], 7: [1] },
        { 1: "valid/acc", 5: 1 },
      ],
    });
    expect(config["_wandb"]!.value["t"]).toMatchObject({ 5: "0.1.0+snapfit" });
    const [figures] = run.files["wandb-events.jsonl"]!.map(parseLoose);
    expect(figures).toMatchObject({
      _wandb: true,
      _timestamp: expect.any(Number),
      _runtime: expect.any(Number),
      "system.proc.memory.rssMB": expect.any(Number),
    });
    expect(run.files["output.log"]!.some((line) => /^\S+T[\d:.]{15} \[ {2}1\/2\] loss/.test(line))).toBe(true);
    expect(Object.keys(run.uploads).sort()).toEqual([
      "config.yaml",
      expect.stringMatching(/^media\/table\/tab_0_/),
      "output.log",
      "wandb-metadata.json",
      "wandb-summary.json",
    ]);
    expect(readdirSync(trainer.wandb.directory!)).toContain(`run-${runId}.wandb.synced`);
    const withKey = server.requests.filter(({ authorization }) => authorization !== undefined);
    expect(new Set(withKey.map(({ authorization }) => authorization))).toEqual(
      new Set([`Basic ${Buffer.from("api:secret").toString("base64")}`]),
    );
    expect(server.requests.filter(({ method }) => method === "PUT").every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  const faults: readonly (readonly [name: string, fault: ServerFault])[] = [
    ["answers 500", { status: 500 }],
    ["answers 429 and asks to wait", { status: 429, headers: { "retry-after": "0.01" } }],
    ["cuts connections", "cut"],
    ["answers with a page of a proxy", { status: 502 }],
  ];
  test.each(faults)("loses nothing and keeps the order when the service %s", async (_, fault) => {
    const log = openLog(folder);
    let count = 0;
    server.fault = () => (count++ % 3 === 1 ? fault : undefined);
    const { running, news } = quickUpload(server, log);
    logRows(log, 1, 3000);
    log.close(0);
    await running.finish(60_000);
    expect(news.at(-1)).toEqual({ kind: "ended", end: "complete" });
    expect(stepsOf(log.runId)).toEqual(upTo(3000));
    expect(server.runs.get(log.runId)!.exitCode).toBe(0);
  });

  test("repeats at the same offset what arrived although the answer was cut", async () => {
    const log = openLog(folder);
    logRows(log, 1, 100);
    let isCut = false;
    const { running } = quickUpload(server, log);
    // The server takes the lines, and its answer is lost.
    const answer = server.beforeAnswer;
    server.beforeAnswer = (request: SeenRequest) => {
      if (isCut || !request.body.includes("history")) return answer(request);
      isCut = true;
      return "cut";
    };
    log.close(0);
    await running.finish(30_000);
    expect(isCut).toBe(true);
    expect(stepsOf(log.runId)).toEqual(upTo(100));
  });

  test("ends within its deadline when the service is silent, and a later one goes on where the service is", async () => {
    const log = openLog(folder);
    logRows(log, 1, 50);
    log.flush();
    const first = quickUpload(server, log);
    await expect.poll(() => server.rows(log.runId).length, { timeout: 30_000 }).toBe(50);
    server.fault = () => "hang";
    logRows(log, 51, 100);
    log.close(1);
    const start = performance.now();
    await first.running.finish(200);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(first.news.at(-1)).toEqual({ kind: "ended", end: "late" });
    server.fault = () => undefined;
    const second = openLog(folder);
    logRows(second, 1, 120); // the same run once more, from its beginning
    second.close(0);
    const { running } = quickUpload(server, second);
    await running.finish(30_000);
    expect(second.runId).toBe(log.runId);
    expect(stepsOf(log.runId)).toEqual(upTo(120));
    expect(server.runs.get(log.runId)!.exitCode).toBe(0);
  });

  test("that was cut is completed by uploadRun, without a row twice", async () => {
    process.env["WANDB_API_KEY"] = "secret";
    const { lines, logger } = keptLines();
    const settings = { mode: "online", baseUrl: server.url, project: "p", closeTimeoutMs: 100 } as const;
    const trainer = new Logged(optionsIn(folder, settings, { logger }));
    await trainer.ready();
    await expect.poll(() => trainer.wandb.url, { timeout: 30_000 }).not.toBeNull();
    server.fault = () => "hang";
    await trainer.fit({ ...data(), epochs: 1 });
    await trainer.close();
    const wandbFolder = join(folder, "run", "wandb");
    expect(lines.at(-1)).toContain(`uploadRun(${JSON.stringify(wandbFolder)})`);
    server.fault = () => undefined;
    expect(await uploadRun(wandbFolder, { baseUrl: server.url })).toBe("complete");
    expect(await uploadRun(wandbFolder, { baseUrl: server.url })).toBe("complete");
    delete process.env["WANDB_API_KEY"];
    expect(server.rows(trainer.wandb.runId!).map(timeless)).toEqual(loggedRun(join(folder, "run")).rows);
  });

  test.each([
    [401, "refused"],
    [404, "refused"],
  ])("stops trying when the service answers %i for good", async (status, end) => {
    const log = openLog(folder);
    server.fault = () => ({ status });
    const { running, news } = quickUpload(server, log);
    log.close(0);
    await running.finish(5000);
    expect(news).toEqual([expect.objectContaining({ kind: "trouble", isPermanent: true }), { kind: "ended", end }]);
    expect(JSON.stringify(news)).not.toContain("k".repeat(40));
  });

  test("keeps to what resume says", async () => {
    const log = openLog(folder, { runId: "known" });
    log.close(0);
    const must = quickUpload(server, log, "must");
    await must.running.finish(5000);
    expect(must.news[0]).toMatchObject({ kind: "trouble", isPermanent: true, message: expect.stringContaining('resume is "must"') });
    const allow = quickUpload(server, log, "allow");
    await allow.running.finish(5000);
    expect(allow.news.at(-1)).toEqual({ kind: "ended", end: "complete" });
    const other = openLog(join(folder, "other"), { runId: "known" });
    other.close(0);
    const never = quickUpload(server, other, "never");
    await never.running.finish(5000);
    expect(never.news[0]).toMatchObject({ kind: "trouble", message: expect.stringContaining('resume is "never"') });
  });

  test("tells that somebody has pressed Stop", async () => {
    server.isStopped = true;
    const log = openLog(folder);
    logRows(log, 1, 10);
    const { running, news } = quickUpload(server, log);
    log.close(0);
    await running.finish(5000);
    expect(news).toContainEqual({ kind: "stopped" });
  });

  test("sends a text of a million characters", async () => {
    const log = openLog(folder);
    const text = "한글 🙂 ".repeat(150_000);
    void log.write({ kind: "text", fit: 1, step: 1, epoch: 1, key: "text", text });
    logRows(log, 2, 5);
    const { running } = quickUpload(server, log);
    log.close(0);
    await running.finish(10_000);
    expect(server.rows(log.runId)[0]!["text"]).toBe(text);
    expect(stepsOf(log.runId)).toEqual([1, 2, 3, 4, 5]);
  });
});

test("the key is that of the environment, else that of the netrc file for the host", () => {
  const netrc = join(folder, "netrc");
  writeFileSync(netrc, "machine other login user password a\nmachine api.wandb.ai\n  login user\n  password b\n");
  expect(findApiKey("https://api.wandb.ai", { WANDB_API_KEY: "k", NETRC: netrc })).toBe("k");
  expect(findApiKey("https://api.wandb.ai", { NETRC: netrc })).toBe("b");
  expect(findApiKey("https://elsewhere.com", { NETRC: netrc })).toBeUndefined();
});

import { UploadError } from "@snapfit/logging";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { logFloatText, operationText } from "../src/log/operation.js";
import { OperationLog } from "../src/log/operation-log.js";
import { Access } from "../src/upload/access.js";
import { readToken, type ApiToken } from "../src/upload/api-token.js";
import { RunUpload, type ServerRun } from "../src/upload/run-upload.js";
import { startUpload, type RunningUpload } from "../src/upload/start-upload.js";
import { NeptuneServer, SINGLE_PART_BYTES, type KeptRun } from "./support/neptune-server.js";
import { unlikeOfficial } from "./support/request-shape.js";

let directory: string;
let server: NeptuneServer;
let log: OperationLog;
let refusals: string[];
let nowMs: number;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "neptune-upload-"));
  server = await NeptuneServer.start();
  log = new OperationLog(directory);
  refusals = [];
  nowMs = Date.now();
});
afterEach(async () => {
  expect(server.faults).toEqual([]);
  expect(unlikeOfficial(server.http.requests)).toEqual([]);
  log.close();
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

describe("RunUpload", () => {
  test("brings every operation, those on one series together, and says when there is nothing new", async () => {
    write("a", 1, 3);
    log.commit(log.prepare([operationText({ type: "AddStrings", path: ["sys", "tags"], values: ["x"] }), floats("b", 7)], 5));
    const upload = newUpload();
    await drain(upload);
    const entry = (value: number): object => ({ value, step: value, timestampMilliseconds: 1500 });
    expect(run().operations).toEqual([
      { path: "a", logFloats: { entries: [entry(1), entry(2), entry(3)] } },
      { path: "sys/tags", insertStrings: { values: ["x"] } },
      { path: "b", logFloats: { entries: [entry(7)] } },
    ]);
    expect(ack()).toBe("5");
    write("a", 4, 4);
    await drain(upload);
    expect(valuesOf("a")).toEqual([1, 2, 3, 4]);
  });

  test("sends all kinds of operations as the description of the protocol has them", async () => {
    const ts = 1.5;
    const operations = [
      operationText({ type: "AssignFloat", path: ["f"], value: 0.1 }),
      operationText({ type: "AssignInt", path: ["i"], value: -3 }),
      operationText({ type: "AssignBool", path: ["t"], value: true }),
      operationText({ type: "AssignString", path: ["s", "한글"], value: '"} {"obj":{}' }),
      operationText({ type: "AssignDatetime", path: ["d"], value: 1795244750129 }),
      operationText({ type: "LogStrings", path: ["l"], values: [{ value: "héllo 🎉\n", step: null, ts }] }),
      operationText({ type: "LogImages", path: ["p"], values: [{ value: { data: "AAAA", name: null, description: null }, step: 1, ts }] }),
    ];
    log.commit(log.prepare(operations, 5));
    await drain(newUpload());
    expect(run().operations).toEqual([
      { path: "f", assignFloat: { value: 0.1 } },
      { path: "i", assignInt: { value: -3 } },
      { path: "t", assignBool: { value: true } },
      { path: "s/한글", assignString: { value: '"} {"obj":{}' } },
      { path: "d", assignDatetime: { valueMilliseconds: 1795244750129 } },
      { path: "l", logStrings: { entries: [{ value: "héllo 🎉\n", timestampMilliseconds: 1500 }] } },
      { path: "p", logImages: { entries: [{ value: { data: "AAAA" }, step: 1, timestampMilliseconds: 1500 }] } },
    ]);
  });

  test("sends at most 1000 operations at once, over several files of the log", async () => {
    log.close();
    log = new OperationLog(directory, 10_000);
    write("a", 1, 2500);
    await drain(newUpload());
    expect(valuesOf("a")).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1));
    const sizes = requests("/operations").map(
      ({ body }) => (JSON.parse(body.toString()) as { logFloats: { entries: object[] } }[])[0]!.logFloats.entries.length,
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
    expect(ack()).toBe("2500");
  });

  test("goes on behind what the server has, as the same run", async () => {
    write("a", 1, 3);
    await drain(newUpload());
    write("a", 4, 5);
    await drain(newUpload());
    expect(valuesOf("a")).toEqual([1, 2, 3, 4, 5]);
    write("a", 6, 6);
    await drain(newUpload({ serverId: [...server.runs.keys()][0]! }));
    expect(valuesOf("a")).toEqual([1, 2, 3, 4, 5, 6]);
    expect(server.runs.size).toBe(1);
  });

  test.each([
    { kind: "cut answer" },
    { kind: "cut request", afterBytes: 20 },
    { kind: "slow", delayMs: 5 },
    { kind: "answer", status: 408 },
    { kind: "answer", status: 429, headers: { "retry-after": "17" } },
    { kind: "answer", status: 500 },
    { kind: "answer", status: 200, body: "<html>a proxy's page</html>" },
  ] as const)("brings all values in their order, each once, where every other request of a kind meets %j", async (fault) => {
    writeFileSync(log.uploadPath("file.txt"), "x".repeat(SINGLE_PART_BYTES + 1));
    log.close();
    log = new OperationLog(directory, 10_000);
    write("a", 1, 1500);
    log.commit(log.prepare([upload("file", "file.txt")], 5));
    write("b", 1, 1500);
    const numbers = new Map<string, number>();
    const isOdd = (kind: string): boolean => {
      numbers.set(kind, (numbers.get(kind) ?? 0) + 1);
      return numbers.get(kind)! % 2 === 1;
    };
    server.http.fail(fault, { times: 100, when: ({ method, path }) => isOdd(`${method} ${path.split("?")[0]}`) });
    const delays = await drain(newUpload());
    if (fault.kind !== "slow") expect(delays.length).toBeGreaterThan(4);
    if ("headers" in fault) expect(new Set(delays)).toEqual(new Set([17_000]));
    const all = Array.from({ length: 1500 }, (_, i) => i + 1);
    expect([valuesOf("a"), valuesOf("b")]).toEqual([all, all]);
    expect(run().files.get("file.txt")?.length).toBe(SINGLE_PART_BYTES + 1);
    expect(server.runs.size).toBe(1);
    // What is sent again since its answer was lost is refused, as known: no value is lost by that.
    expect(refusals.length > 0).toBe(fault.kind === "cut answer");
    expect(ack()).toBe("3001");
  });

  test("goes on where it was when the server has been down", async () => {
    const upload = newUpload();
    write("a", 1, 3);
    await drain(upload);
    await server.http.down();
    write("a", 4, 1500);
    for (let i = 0; i < 3; i++) await expect(upload.send(new AbortController().signal)).rejects.toMatchObject({ isPermanent: false });
    write("a", 1501, 2000);
    await server.http.up();
    await drain(upload);
    expect(valuesOf("a")).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
    expect(refusals).toEqual([]);
  });

  test("ends within its deadline when the server is silent, and a later upload goes on where the server is", async () => {
    const start = (): RunningUpload =>
      startUpload(
        { token: readToken(server.token) as ApiToken, project: "ws/proj", runId: basename(directory), isOnServer: false },
        { onRun: () => Promise.resolve(directory), onRefusal: (message) => refusals.push(message), onTrouble: () => undefined },
      );
    write("a", 1, 3);
    server.http.fail({ kind: "slow", delayMs: 60_000 }, { times: 100, when: ({ path }) => path.includes("/operations") });
    const first = start();
    await expect.poll(() => requests("/operations").length).toBe(1);
    const startedMs = performance.now();
    expect(await first.finish(200)).toBe("late");
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(ack()).toBe("");
    server.http.heal();
    write("a", 4, 5);
    expect(await start().finish(30_000)).toBe("complete");
    expect(valuesOf("a")).toEqual([1, 2, 3, 4, 5]);
    expect(refusals).toEqual([]);
    expect(server.runs.size).toBe(1);
  });

  test("creates one run where the answer to its creation is lost", async () => {
    server.http.fail({ kind: "cut answer" }, { when: ({ path }) => path.startsWith("/api/leaderboard/v1/experiments") });
    write("a", 1, 1);
    await drain(newUpload());
    expect(server.runs.size).toBe(1);
  });

  test.each([402, 403, 404, 422])("gives up at %i", async (status) => {
    server.http.fail({ kind: "answer", status }, { when: ({ path }) => path.includes("/operations") });
    write("a", 1, 1);
    await expect(drain(newUpload())).rejects.toMatchObject({ status, isPermanent: true });
    expect(ack()).toBe("");
  });

  test("exchanges the token once more when it is no longer taken, and gives up when that helps nothing", async () => {
    const upload = newUpload();
    await drain(upload);
    expect(server.numTokens).toBe(1);
    server.oldestToken = 2;
    write("a", 1, 1);
    await drain(upload);
    expect(server.numTokens).toBe(2);
    server.oldestToken = 100;
    write("a", 2, 2);
    await expect(drain(upload)).rejects.toMatchObject({ status: 401, isPermanent: true });
    expect(server.numTokens).toBe(3);
    expect(valuesOf("a")).toEqual([1]);
  });

  test("renews its access before it expires; where that is refused, the token is exchanged again", async () => {
    const upload = newUpload();
    await drain(upload);
    nowMs += (server.lifetimeSeconds - 31) * 1000;
    write("a", 1, 1);
    await drain(upload);
    expect([server.numRefreshes, server.numTokens]).toEqual([0, 1]);
    nowMs += 2000;
    write("a", 2, 2);
    await drain(upload);
    expect([server.numRefreshes, server.numTokens]).toEqual([1, 2]);
    server.isRefreshing = false;
    nowMs += server.lifetimeSeconds * 1000;
    write("a", 3, 3);
    await drain(upload);
    expect(server.numTokens).toBe(3);
    expect(valuesOf("a")).toEqual([1, 2, 3]);
  });

  test("tells what the server says against single values, and goes on", async () => {
    write("a", 1, 1);
    server.errors = ["a: no such type"];
    const upload = newUpload();
    await drain(upload);
    write("a", 2, 2);
    await drain(upload);
    expect(refusals).toEqual(["a: no such type"]);
    expect(ack()).toBe("2");
  });

  test.each([0, 1, SINGLE_PART_BYTES, SINGLE_PART_BYTES + 1, 3 * SINGLE_PART_BYTES])("uploads a file of %i bytes", async (size) => {
    const content = Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251));
    writeFileSync(log.uploadPath("row-1.bin"), content);
    log.commit(log.prepare([upload("모델/weights", "row-1.bin")], 5));
    await drain(newUpload());
    expect(run().files.get("모델/weights.bin")?.equals(content)).toBe(true);
    expect(requests("/file/upload/part")).toHaveLength(size > SINGLE_PART_BYTES ? Math.ceil(size / 400) : 0);
  });

  test("goes on without a file that has gone", async () => {
    log.commit(log.prepare([upload("model", "gone.bin"), floats("a", 1)], 5));
    await drain(newUpload());
    expect(refusals).toEqual([`model: its file ${log.uploadPath("gone.bin")} has gone`]);
    expect(valuesOf("a")).toEqual([1]);
  });

  test("says every ten seconds that the run is alive", async () => {
    const upload = newUpload();
    await drain(upload);
    await drain(upload);
    expect(server.numPings).toBe(1);
    nowMs += 10_000;
    await drain(upload);
    expect(server.numPings).toBe(2);
  });

  test("shows no key in messages", async () => {
    server.http.fail({ kind: "answer", status: 400, body: "no" }, { times: 2 });
    const error = await drain(newUpload()).catch((thrown: unknown) => thrown as UploadError);
    expect(String((error as UploadError).message)).toBe(`GET ${server.http.url}/api/backend/v1/clients/config was answered with 400: no`);
  });
});

function newUpload({ serverId }: { readonly serverId?: string } = {}): RunUpload {
  return new RunUpload({
    access: new Access(readToken(server.token) as ApiToken, () => nowMs),
    project: "ws/proj",
    runId: basename(directory),
    serverId,
    onRun: (found: ServerRun) => {
      expect(found).toMatchObject({ name: "ws/proj/PROJ-1", url: "http://page/ws/proj/e/PROJ-1" });
      return Promise.resolve(directory);
    },
    onRefusal: (message) => refusals.push(message),
    now: () => nowMs,
  });
}

/** Sends until there is nothing new. @returns how long failures ask to wait */
async function drain(upload: RunUpload): Promise<(number | undefined)[]> {
  const delays: (number | undefined)[] = [];
  for (;;) {
    try {
      if ((await upload.send(new AbortController().signal)) === "idle") return delays;
    } catch (error) {
      if (!(error instanceof UploadError) || error.isPermanent) throw error;
      delays.push(error.retryAfterMs);
    }
  }
}

function write(name: string, from: number, to: number): void {
  for (let value = from; value <= to; value++) log.commit(log.prepare([floats(name, value)], 5));
}

function floats(name: string, value: number): string {
  return logFloatText(name, value, value, 1.5);
}

function upload(name: string, file: string): string {
  const [, ext = ""] = file.split(".");
  return operationText({ type: "UploadFile", path: name.split("/"), ext, file_path: null, tmp_file_name: file, clean_after_upload: false });
}

function run(): KeptRun {
  return [...server.runs.values()][0]!;
}

function valuesOf(name: string): number[] {
  const all = run().operations as { path: string; logFloats?: { entries: { value: number }[] } }[];
  return all.flatMap(({ path, logFloats }) => (path === name ? (logFloats?.entries.map(({ value }) => value) ?? []) : []));
}

function requests(path: string) {
  return server.http.requests.filter((request) => request.path.split("?")[0]!.endsWith(path));
}

function ack(): string {
  const path = join(directory, "last_ack_version");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

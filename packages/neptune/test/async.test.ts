import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { requestBody } from "../src/upload/request-body.js";
import { loggedRun } from "./support/logged-run.js";
import { mergedOf } from "./support/merged-of.js";
import { NeptuneServer } from "./support/neptune-server.js";
import { nameOf, readOperations, runDirectories } from "./support/read-runs.js";
import { unlikeOfficial } from "./support/request-shape.js";

let folder: string;
let server: NeptuneServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "neptune-async-"));
  server = await NeptuneServer.start();
  vi.stubEnv("NEPTUNE_API_TOKEN", server.token);
});
afterEach(async () => {
  expect(server.faults).toEqual([]);
  expect(unlikeOfficial(server.http.requests)).toEqual([]);
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const neptune = { mode: "async", project: "ws/proj" } as const;

describe("NeptuneLogger in mode async", () => {
  test("brings the whole run to the server, and says where it is", async () => {
    const lines = await loggedRun(folder, { neptune });
    const [directory] = runDirectories(join(folder, "run"));
    const [[id, run] = ["", undefined]] = server.runs;
    expect(dirname(directory!)).toBe(join(folder, "run", ".neptune", "async"));
    expect(basename(directory!)).toMatch(new RegExp(`^run__${id}__${process.pid}__[a-z0-9]{8}$`));
    expect(mergedOf(run!.operations)).toEqual(mergedOf(requestBody(readOperations(directory!).map(({ obj }) => obj))));
    expect([...run!.files.keys()].sort()).toEqual(["long_texts/long/step_2.txt", "report.txt", "table/step_2.csv"]);
    expect(readFileSync(join(directory!, "last_ack_version"), "utf8")).toBe(readFileSync(join(directory!, "last_put_version"), "utf8"));
    expect(lines.filter((line) => line.startsWith("Neptune: ") && !line.includes("finite"))).toEqual([
      expect.stringMatching(
        /^Neptune: logged in .*, and uploaded to http:\/\/127\.0\.0\.1:\d+\. Minfx and self-hosted Neptune 2\.x take it/,
      ),
      "Neptune: run ws/proj/PROJ-1 at http://page/ws/proj/e/PROJ-1",
      "Neptune: the server has the whole run: http://page/ws/proj/e/PROJ-1",
    ]);
  });

  test("goes on as the same run, also one that began offline, and with a server that fails", async () => {
    await loggedRun(folder, { stopAt: 2 });
    await loggedRun(folder, { stopAt: 4, neptune });
    server.http.fail({ kind: "answer", status: 503 }, { when: ({ path }) => path.includes("/operations") });
    const lines = await loggedRun(folder, { neptune });
    expectWholeRun();
    expect(lines.filter((line) => line.includes("tried again"))).toHaveLength(1);
    expect(lines).toContain("Neptune: the server takes the run again.");
  });

  test("names what the server refuses in a warning, once each, and brings the rest", async () => {
    const refusal = "note: no such type";
    server.errors = [refusal, "a: too long", refusal];
    const lines = await loggedRun(folder, { neptune });
    expect(lines.filter((line) => line.includes("refused a value"))).toEqual([
      `Neptune: the server has refused a value: ${refusal}`,
      "Neptune: the server has refused a value: a: too long",
    ]);
    expectWholeRun();
  });

  test("brings a branch as a run of its own", async () => {
    await loggedRun(folder, { stopAt: 4, neptune });
    rmSync(join(folder, "run", "checkpoints"), { recursive: true });
    const lines = await loggedRun(folder, {
      seed: 8,
      outputDir: join(folder, "other"),
      neptune: { ...neptune, directory: join(folder, "run") },
    });
    expect(lines).toContainEqual(expect.stringMatching(/^Neptune: from step \d on this run differs from what its log has/));
    expect(server.runs.size).toBe(2);
    const directories = runDirectories(join(folder, "run"));
    for (const [i, { operations }] of [...server.runs.values()].entries())
      expect(mergedOf(operations)).toEqual(mergedOf(requestBody(readOperations(directories[i]!).map(({ obj }) => obj))));
  });

  test.each([
    [401, "authorization/oauth-token", "Check NEPTUNE_API_TOKEN"],
    [403, "projects/get", 'Check neptune.project, which is "ws/proj"'],
    [404, "projects/get", 'Check neptune.project, which is "ws/proj"'],
  ])("ends where the server answers %i to %s, with the whole log on disk, which a later process brings", async (status, path, advice) => {
    server.http.fail({ kind: "answer", status }, { times: 100, when: (request) => request.path.includes(path) });
    const lines = await loggedRun(folder, { neptune });
    expect(lines.filter((line) => line.includes("Nothing is uploaded any more"))).toEqual([
      `Neptune: GET ${server.http.url}/api/backend/v1/${path} was answered with ${status}. ${advice}. Nothing is uploaded any more. ` +
        `The log is complete: neptune sync --path ${join(folder, "run")} --project ws/proj`,
    ]);
    const [directory] = runDirectories(join(folder, "run"));
    expect(basename(dirname(directory!))).toBe("offline");
    expect(readOperations(directory!).at(-1)!.obj.path).toEqual(["sys", "failed"]);
    server.http.heal();
    await loggedRun(folder, { neptune });
    expectWholeRun();
  });

  test("ends where the run was deleted on the server, with the whole log on disk, which can become a run anew", async () => {
    await loggedRun(folder, { stopAt: 3, neptune });
    server.runs.clear();
    const lines = await loggedRun(folder, { neptune });
    expect(lines).toContainEqual(
      expect.stringMatching(/experiments was answered with 404\. To make the run anew, move its directory into the folder offline/),
    );
    const [directory, ...others] = runDirectories(join(folder, "run"));
    expect(others).toEqual([]);
    const steps = readOperations(directory!).flatMap(({ obj }) =>
      obj.type === "LogFloats" && nameOf(obj) === "train/loss" ? obj.values.map(({ step }) => step) : [],
    );
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    const back = join(folder, "run", ".neptune", "offline", basename(directory!));
    mkdirSync(dirname(back), { recursive: true });
    renameSync(directory!, back);
    rmSync(join(back, "last_ack_version"));
    await loggedRun(folder, { neptune });
    expectWholeRun();
  });

  test.each([
    { kind: "cut answer" },
    { kind: "cut request", afterBytes: 10 },
    { kind: "slow", delayMs: 50 },
    { kind: "answer", status: 429, headers: { "retry-after": "1" } },
  ] as const)("brings the whole run where operations meet %j", async (fault) => {
    server.http.fail(fault, { when: ({ path }) => path.includes("/operations") });
    await loggedRun(folder, { neptune });
    expect(server.http.requests.map((request) => request.fault)).toContain(fault.kind);
    expectWholeRun();
  });

  test.each([
    [{ token: closedToken(), project: "ws/proj" }, "NEPTUNE_API_TOKEN is one of app.neptune.ai, which was shut down in March 2026"],
    [{ token: "", project: "ws/proj" }, "NEPTUNE_API_TOKEN is not set"],
    [{ token: undefined, project: undefined }, "neptune.project is not set"],
  ])("logs offline with one warning: %#", async ({ token, project }, reason) => {
    if (token !== undefined) vi.stubEnv("NEPTUNE_API_TOKEN", token);
    const lines = await loggedRun(folder, { neptune: { mode: "async", ...(project !== undefined && { project }) } });
    expect(lines.filter((line) => line.includes(reason))).toEqual([`Neptune: ${reason}. The run is logged offline.`]);
    expect(lines).toContainEqual(expect.stringMatching(/^Neptune: logged offline in /));
    expect(server.http.requests).toEqual([]);
  });
});

/** The server has one run, which is the one of the directory. */
function expectWholeRun(): void {
  expect(server.runs.size).toBe(1);
  const [directory, ...others] = runDirectories(join(folder, "run"));
  expect(others).toEqual([]);
  const [run] = [...server.runs.values()];
  expect(mergedOf(run!.operations)).toEqual(mergedOf(requestBody(readOperations(directory!).map(({ obj }) => obj))));
}

function closedToken(): string {
  return Buffer.from(JSON.stringify({ api_address: "https://app.neptune.ai", api_key: "k" })).toString("base64");
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { requestBody } from "../src/upload/request-body.js";
import { loggedRun } from "./support/logged-run.js";
import { mergedOf } from "./support/merged-of.js";
import { NeptuneServer } from "./support/neptune-server.js";
import { runOfficial } from "./support/official-python.js";
import { nameOf, readOperations, runDirectories } from "./support/read-runs.js";

describe.each(["neptune", "minfx"] as const)("the command of %s that our log names", (client) => {
  let folder: string;
  let server: NeptuneServer;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "neptune-sync-"));
    server = await NeptuneServer.start();
    vi.stubEnv("NEPTUNE_API_TOKEN", server.token);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** Undefined where the client cannot be had. */
  function sync(): Promise<string | undefined> {
    const env = { OAUTHLIB_INSECURE_TRANSPORT: "1" };
    return runOfficial(client, "sync.py", ["--path", join(folder, "run"), "--project", "ws/proj"], { cwd: folder, env });
  }

  /** What the directory of the run holds, for comparison with the server's: the official tools remove it. */
  function logged(): { readonly directory: string; readonly operations: Map<string, unknown>; readonly files: Map<string, Buffer> } {
    const [directory = "", ...others] = runDirectories(join(folder, "run"));
    expect(others).toEqual([]);
    const operations = readOperations(directory).map(({ obj }) => obj);
    const files = operations.flatMap((obj) =>
      obj.type === "UploadFile"
        ? [[`${nameOf(obj)}.${obj.ext}`, readFileSync(join(directory, "upload_path", obj.tmp_file_name))] as const]
        : [],
    );
    return { directory, operations: mergedOf(requestBody(operations)), files: new Map(files) };
  }

  test("uploads a run that was logged offline", async ({ skip }) => {
    await loggedRun(folder, { neptune: { tags: ["한글"], logModel: true } });
    const { directory, operations, files } = logged();
    if ((await sync()) === undefined) return skip();
    const [run, ...others] = [...server.runs.values()];
    expect(others).toEqual([]);
    expect(mergedOf(run!.operations)).toEqual(operations);
    expect(run!.files).toEqual(files);
    expect(existsSync(directory)).toBe(false);
    expect(server.faults).toEqual([]);
  });

  test("goes on where our upload has ended", async ({ skip }) => {
    await loggedRun(folder, { stopAt: 3, neptune: { mode: "async", project: "ws/proj" } });
    await loggedRun(folder, { neptune: { project: "ws/proj" } });
    const { directory, operations, files } = logged();
    const [run] = [...server.runs.values()];
    expect(mergedOf(run!.operations).size).toBeLessThan(operations.size);
    if ((await sync()) === undefined) return skip();
    expect(server.runs.size).toBe(1);
    expect(mergedOf(run!.operations)).toEqual(operations);
    expect(run!.files).toEqual(files);
    expect(existsSync(directory)).toBe(false);
    expect(server.faults).toEqual([]);
  });
});

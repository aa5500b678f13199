import type { ServerRequest } from "@snapfit/test-utils";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mergedOf } from "./support/merged-of.js";
import { NeptuneServer, type KeptRun } from "./support/neptune-server.js";
import { runOfficial, titleOf, type OfficialClient } from "./support/official-python.js";
import { runOwnScript, writeScriptFiles } from "./support/own-script.js";
import { shapesOf } from "./support/request-shape.js";

/** What a client has sent for the script, and what the server has of it. */
interface Recorded {
  readonly requests: readonly ServerRequest[];
  readonly content: ReadonlyMap<string, unknown>;
  readonly files: KeptRun["files"];
}

let folder: string;
let own: Recorded;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neptune-official-"));
  await writeScriptFiles(folder);
  own = (await recorded(async (token) => {
    vi.stubEnv("NEPTUNE_API_TOKEN", token);
    await runOwnScript(folder);
    vi.unstubAllEnvs();
    return true;
  }))!;
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(["neptune", "minfx"] as const)("the client of %s", (client) => {
  let official: Recorded | undefined;
  beforeAll(async () => (official = await recorded((token) => runScript(client, token))), 300_000);

  test("sends requests of the forms that ours have", async ({ skip }) => {
    if (official === undefined) return skip();
    const shapes = shapesOf(official.requests);
    const known = shapes.map((shape) => shape.replace("&organizationName", "")); // what the client of Minfx says to be quicker
    expect(shapesOf(own.requests).filter((shape) => !known.includes(shape))).toEqual([]);
    if (client !== "neptune") return;
    const record = `${JSON.stringify({ client: titleOf(client), shapes }, undefined, 1)}\n`;
    await expect(record).toMatchFileSnapshot("fixtures/official-requests.json");
  });

  test("leaves on the server what ours does for the same script", async ({ skip }) => {
    if (official === undefined) return skip();
    expect(own.files).toEqual(official.files);
    const known = pathsOf(own.content);
    const missing = [...pathsOf(official.content)].filter((path) => !known.has(path));
    expect(missing.sort()).toEqual(itsOwn[client]);
    for (const [name, value] of official.content) {
      const [operation, path] = splitName(name);
      if (missing.includes(path) || operation.startsWith("clear")) continue; // it clears what it is about to write
      if (name !== "logFloats monitoring/process/cpu") expect(own.content.get(name), name).toEqual(sameAs(name, value));
    }
  });
});

/** What the official clients write of themselves: memory in GB, where ours is a share, and a text that nothing was printed to. */
const ofBoth = ["monitoring/process/memory", "monitoring/process/stderr", "monitoring/process/tid", "source_code/entrypoint"];
const itsOwn = { neptune: ofBoth, minfx: [...ofBoth, "sys/state"] };

function pathsOf(content: Recorded["content"]): Set<string> {
  return new Set([...content.keys()].map((name) => splitName(name)[1]));
}

/** Such as `logFloats` and `train/loss`. */
function splitName(name: string): [operation: string, path: string] {
  const space = name.indexOf(" ");
  return [name.slice(0, space), name.slice(space + 1)];
}

/** What is to be found for an attribute: the same, but for what two processes cannot have in common. */
function sameAs(name: string, value: unknown): unknown {
  if (name.endsWith("/pid")) return { value: expect.stringMatching(/^\d+$/) };
  if (name.endsWith("/started_at")) return { valueMilliseconds: expect.any(Number) };
  if (name.endsWith("/stdout")) return { entries: expect.arrayContaining([expect.objectContaining({ value: "printed 한글" })]) };
  return value;
}

function runScript(client: OfficialClient, token: string): Promise<string | undefined> {
  const env = { NEPTUNE_API_TOKEN: token, NEPTUNE_PROJECT: "ws/proj", OAUTHLIB_INSECURE_TRANSPORT: "1" };
  return runOfficial(client, "official-script.py", [folder], { cwd: folder, env });
}

/** What a client sends to a server of its own. Undefined where there is no such client. */
async function recorded(run: (token: string) => Promise<unknown>): Promise<Recorded | undefined> {
  await using server = await NeptuneServer.start();
  if ((await run(server.token)) === undefined) return undefined;
  expect(server.faults).toEqual([]);
  const [[, { operations, files }]] = [...server.runs] as [[string, KeptRun]];
  const requests = server.http.requests.filter(({ path }) => !/swagger\.json$|\/notifications\//.test(path));
  return { requests, content: contentOf(operations), files };
}

/** Without times and without an order of tags; processes have one name. */
function contentOf(operations: readonly Record<string, unknown>[]): Map<string, unknown> {
  const named = [...mergedOf(operations)].map(([name, value]) => [name.replace(/monitoring\/[^/]+/, "monitoring/process"), value] as const);
  return new Map(named.map(([name, value]) => [name, JSON.parse(JSON.stringify(value, withoutTimes)) as unknown]));
}

function withoutTimes(name: string, value: unknown): unknown {
  if (name === "timestampMilliseconds") return undefined;
  return name === "values" ? [...(value as string[])].sort() : value;
}

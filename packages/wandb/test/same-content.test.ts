import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { requestShapes, type RequestShapes } from "./support/request-shapes.js";
import { contentOf, eventKeysOf } from "./support/run-content-of.js";
import { logSameScript, uploadTo } from "./support/same-script.js";
import { WandBServer } from "./support/wandb-server.js";

/** What the official client has brought to the server by script.py; same-content.slow.ts writes it. */
const official = JSON.parse(readFileSync(new URL("fixtures/official-0.31.0.json", import.meta.url), "utf8")) as {
  readonly requests: RequestShapes;
  readonly content: unknown;
  readonly events: readonly string[];
};

describe("after the script that was recorded from the official client", () => {
  let server: WandBServer;
  let ours: RequestShapes;
  beforeAll(async () => {
    server = await WandBServer.start();
    const folder = mkdtempSync(join(tmpdir(), "snapfit-wandb-"));
    await uploadTo(server, await logSameScript(folder));
    ours = requestShapes(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("the server has the same: config, metrics, rows, summary, console, files, alerts, artifacts", () => {
    expect(JSON.parse(JSON.stringify(contentOf(server, "run1")))).toEqual(official.content);
  });

  test("figures of the machine have the same names", () => {
    expect(official.events).toEqual(expect.arrayContaining(eventKeysOf(server, "run1").filter((key) => !key.startsWith("system.gpu"))));
  });

  test("every request has an operation, variables and arguments of an official one, and asks for a part of its fields", () => {
    expect(Object.keys(ours.operations)).toHaveLength(9);
    for (const [name, { fields, ...operation }] of Object.entries(ours.operations)) {
      const { fields: theirs, ...recorded } = official.requests.operations[name] ?? { fields: [] };
      expect(operation, name).toEqual(recorded);
      expect(theirs, name).toEqual(expect.arrayContaining([...fields]));
    }
  });

  test("bodies of the stream have the same members", () => {
    expect([ours.stream, ours.streamFile]).toEqual([official.requests.stream, official.requests.streamFile]);
  });
});

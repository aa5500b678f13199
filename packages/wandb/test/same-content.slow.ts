import { mkdtempSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { contentOf, eventKeysOf } from "./support/run-content-of.js";
import { requestShapes } from "./support/request-shapes.js";
import { logSameScript, uploadTo } from "./support/same-script.js";
import { OfficialClient } from "./support/wandb-program.js";
import { WandBServer } from "./support/wandb-server.js";

const official = await OfficialClient.find();
const script = fileURLToPath(new URL("support/script.py", import.meta.url));

describe.skipIf(official === undefined)("after the same script, online", () => {
  test("the server has the same content from the official client and from ours, and what was recorded of it for CI", async () => {
    const folder = mkdtempSync(join(tmpdir(), "snapfit-wandb-"));
    await using ours = await WandBServer.start();
    const log = await logSameScript(join(folder, "ours"));
    await uploadTo(ours, log);

    await using theirs = await WandBServer.start();
    const fragment = log.fragments[0]!.path;
    const written = readdirSync(fragment, { recursive: true, encoding: "utf8" });
    const files = ["model.safetensors", ".png"].map((ending) =>
      join(
        fragment,
        written.find((path) => path.endsWith(ending))!,
      ),
    );
    const place = join(folder, "official");
    mkdirSync(place);
    const { output } = await official!.run("python", [script, ...files], theirs.url, place);
    expect(output).toContain("View run");

    expect(contentOf(ours, "run1")).toEqual(contentOf(theirs, "run1"));
    expect(eventKeysOf(ours, "run1")).toEqual(eventKeysOf(theirs, "run1"));
    for (const server of [ours, theirs]) {
      const yaml = server.runs.get("run1")!.uploads["config.yaml"]!;
      writeFileSync(join(place, "config.yaml"), yaml);
      const print = "import json, yaml; print(json.dumps(yaml.safe_load(open('config.yaml'))))";
      const parsed = await official!.run("python", ["-c", print], server.url, place);
      expect(JSON.parse(parsed.output)).toEqual(JSON.parse(server.runs.get("run1")!.config));
    }
    const recorded = { requests: requestShapes(theirs), content: contentOf(theirs, "run1"), events: eventKeysOf(theirs, "run1") };
    const path = join(dirname(fileURLToPath(import.meta.url)), "fixtures", "official-0.31.0.json");
    await expect(`${JSON.stringify(recorded, sortMembers, 1)}\n`).toMatchFileSnapshot(path);
  });
});

/** The official client's order of members is another one each time. */
function sortMembers(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { loggedRun } from "./support/logged-run.js";
import { NeptuneServer } from "./support/neptune-server.js";
import { readOperations, runDirectories } from "./support/read-runs.js";

describe("NeptuneLogger in mode async", () => {
  test("waits half a minute for a silent server at the end, and names the command that uploads the rest", async () => {
    const folder = mkdtempSync(join(tmpdir(), "neptune-deadline-"));
    await using server = await NeptuneServer.start();
    vi.stubEnv("NEPTUNE_API_TOKEN", server.token);
    server.http.fail({ kind: "slow", delayMs: 600_000 }, { times: 1000, when: ({ path }) => path.includes("/operations") });
    const startedMs = performance.now();
    const lines = await loggedRun(folder, { neptune: { mode: "async", project: "ws/proj" } });
    expect((performance.now() - startedMs) / 1000).toBeLessThan(45);
    expect(lines.at(-1)).toBe(
      `Neptune: the server has not taken the whole run within 30 s. Upload the rest with: neptune sync --path ${join(folder, "run")} --project ws/proj`,
    );
    const [directory] = runDirectories(join(folder, "run"));
    expect(readFileSync(join(directory!, "last_ack_version"), "utf8")).toBe("");
    expect(readOperations(directory!).at(-1)!.obj.path).toEqual(["sys", "failed"]);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
});

import { StateManager } from "@snapfit/state-manager";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { uploadRun } from "../src/index.js";
import { logRows, openLog } from "./support/open-log.js";
import { quickUpload } from "./support/quick-upload.js";
import { loggedRun, timeless } from "./support/read-log.js";
import { data, keptLines, Logged, optionsIn } from "./support/tiny-run.js";
import { parseLoose, WandBServer, type SeenRequest } from "./support/wandb-server.js";

let server: WandBServer;
let folder: string;
beforeEach(async () => {
  server = await WandBServer.start();
  folder = mkdtempSync(join(tmpdir(), "snapfit-wandb-"));
  process.env["WANDB_API_KEY"] = "secret";
});
afterEach(() => {
  delete process.env["WANDB_API_KEY"];
  return server[Symbol.asyncDispose]();
});

const stepsOf = (id: string): unknown[] => server.rows(id).map((row) => row["_step"]);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("a run that the service has from elsewhere", () => {
  test.each([undefined, "allow", "must"] as const)("goes on behind its rows with resume %s", async (resume) => {
    const settings = { runId: "known", ...(resume && { resume }) };
    const first = openLog(join(folder, "first"), settings);
    first.updateConfig({ lr: 1, kept: { a: [1] } });
    first.line("first", false);
    logRows(first, 1, 50);
    void first.write({ kind: "summary", fit: 1, step: 50, epoch: 1, key: "", values: { "best/loss": 1 } });
    first.close(0);
    await quickUpload(server, first).running.finish(10_000);

    const second = openLog(join(folder, "second"), settings);
    second.updateConfig({ lr: 2 });
    second.line("second", false);
    logRows(second, 41, 120); // the service has some of them
    second.close(0);
    const { running, news } = quickUpload(server, second, resume);
    await running.finish(10_000);
    expect(news.at(-1)).toEqual({ kind: "ended", end: "complete" });
    expect(news).toContainEqual({ kind: "leftOut", message: "rows up to step 50 are left out, since the run has that step already" });
    const run = server.runs.get("known")!;
    expect(stepsOf("known")).toEqual(upTo(120));
    expect(run.files["output.log"]!.map((line) => line.split(" ")[1])).toEqual(["first", "second"]);
    expect(JSON.parse(run.config)).toMatchObject({ lr: { value: 2 }, kept: { value: { a: [1] } } });
    expect(parseLoose(run.summary)).toMatchObject({ "best/loss": 1, loss: 1 / 120 });
  });

  test("is not gone on with when resume is never", async () => {
    for (const name of ["first", "second"]) {
      const log = openLog(join(folder, name), { runId: "known" });
      logRows(log, 1, 5);
      log.close(0);
      const { running, news } = quickUpload(server, log, "never");
      await running.finish(10_000);
      expect(news.at(-1)).toEqual({ kind: "ended", end: name === "first" ? "complete" : "refused" });
    }
    expect(stepsOf("known")).toEqual(upTo(5));
  });
});

test("a run that goes on while the service is away is completed by uploadRun: wandb sync would bring the first rows twice", async () => {
  const { lines, logger } = keptLines();
  const Resumable = Logged.addOn(StateManager);
  const train = async (epochs: number): Promise<string | null> => {
    const trainer = new Resumable({
      ...optionsIn(folder, { mode: "online", baseUrl: server.url, closeTimeoutMs: 2000 }, { logger }),
      stateManager: { async: false },
    });
    await trainer.fit({ ...data(), epochs });
    await trainer.close();
    return trainer.wandb.runId;
  };
  const runId = await train(1);
  server.fault = () => ({ status: 503 });
  expect(await train(2)).toBe(runId);
  const wandbFolder = join(folder, "run", "wandb");
  expect(lines.at(-1)).toContain(`uploadRun(${JSON.stringify(wandbFolder)})`);
  server.fault = () => undefined;
  expect(await uploadRun(wandbFolder, { baseUrl: server.url })).toBe("complete");
  expect(stepsOf(runId!)).toEqual([2, 4, 6, 8, 10, 12]);
});

describe('with resume "auto"', () => {
  /** Trains in a run folder of its own. @returns the run's id */
  async function train(fails: boolean): Promise<string | null> {
    class Run extends Logged {
      protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
        await super.onOptimizerStep(step);
        if (fails && this.progress.step === 4) throw new Error("no");
      }
    }
    const trainer = new Run(optionsIn(folder, { mode: "online", baseUrl: server.url, resume: "auto" }, { logger: keptLines().logger }));
    const fit = trainer.fit({ ...data(), epochs: 2 });
    if (fails) await expect(fit).rejects.toThrow("no");
    else await fit;
    await trainer.close();
    return trainer.wandb.runId;
  }

  test("a program that has failed goes on in its run when it is started again", async () => {
    const failed = await train(true);
    const again = await train(false);
    const next = await train(false);
    expect(again).toBe(failed);
    expect(next).not.toBe(failed);
    expect([stepsOf(failed!), stepsOf(next!)]).toEqual([
      [2, 4, 6, 8, 10, 12],
      [2, 4, 6, 8, 10, 12],
    ]);
    expect([...server.runs.values()].map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(existsSync(join(folder, "wandb-resume.json"))).toBe(false);
  });
});

describe("a run that the service refuses while it goes on", () => {
  const refusals = [
    ["the key is wrong", () => ({ status: 401 })],
    ["its project is deleted", () => ({ status: 404 })],
    ["it is deleted", ({ path }: SeenRequest) => (path.endsWith("/file_stream") ? { status: 410 } : undefined)],
  ] as const;
  test.each(refusals)("is whole in its log, and ends at once, when %s", async (_, fault) => {
    const { lines, logger } = keptLines();
    const settings = { mode: "online", baseUrl: server.url, project: "p" } as const;
    const trainer = new Logged(optionsIn(folder, settings, { logger }));
    await trainer.ready();
    await expect.poll(() => trainer.wandb.url, { timeout: 30_000 }).not.toBeNull();
    server.fault = fault;
    await trainer.fit({ ...data(), epochs: 2 });
    const start = performance.now();
    await trainer.close();
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(lines.filter((line) => line.includes("The upload has ended; the log goes on."))).toHaveLength(1);
    expect(lines.join()).not.toContain("secret");
    const wandbFolder = join(folder, "run", "wandb");
    expect(lines.at(-1)).toBe(
      `W&B: the upload was refused. The log is whole. Upload the rest with: node -e 'import("@snapfit/wandb").then(({ uploadRun }) => uploadRun(${JSON.stringify(wandbFolder)}))'`,
    );
    server.fault = () => undefined;
    expect(await uploadRun(wandbFolder, { baseUrl: server.url })).toBe("complete");
    expect(server.rows(trainer.wandb.runId!).map(timeless)).toEqual(loggedRun(join(folder, "run")).rows);
  });
});

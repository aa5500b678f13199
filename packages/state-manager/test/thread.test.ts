import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskStorage } from "@snapfit/base/node";
import type { Worker } from "node:worker_threads";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { StateManagerSettings } from "../src/index.js";
import { data, World } from "./support/run.js";
import { wholeCheckpoints } from "./support/whole-checkpoints.js";

const scratch = mkdtempSync(join(tmpdir(), "snapfit-thread-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

// Each step brings a new best while the one before is being written.
test("a thread writes what the calling one writes, under the same names", async () => {
  const written = [];
  for (const [name, async] of Object.entries({ inline: false, thread: true })) {
    const directory = `${scratch}/${name}`;
    const storage = new DiskStorage();
    await using trainer = new World(storage).trainer(
      { directory, async, everyEpochs: 0, everySteps: 3, best: { keep: 4 } },
      { outputDir: scratch },
    );
    await trainer.fit({ ...data(), epochs: 2, validateEvery: { steps: 1 } });
    await trainer.close();
    const found = await wholeCheckpoints(storage, directory);
    written.push([...found].map(([file, info]) => [file, { ...info, savedAt: undefined }]));
  }
  expect(written[1]).toEqual(written[0]);
  expect(written[0]!.length).toBeGreaterThan(6);
});

describe("where the thread dies,", () => {
  /** Kills threads from now on: with one of their jobs in hand, by its number from 1 on, or before the first. */
  const killAtJob = (number: number): void => {
    const onWorker = (worker: Worker): void => {
      let numJobs = 0;
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (...job: Parameters<Worker["postMessage"]>) => {
        post(...job);
        if (++numJobs === number) void worker.terminate();
      };
      if (number === 0) void worker.terminate();
    };
    process.on("worker", onWorker);
    stopKilling = () => void process.off("worker", onWorker);
  };
  let stopKilling = (): void => undefined;
  afterEach(() => stopKilling());

  let numFolders = 0;
  const start = (settings: StateManagerSettings) => {
    const world = new World(new DiskStorage());
    const directory = `${scratch}/dying-${numFolders++}`;
    const trainer = world.trainer({ directory, best: { keep: 0 }, ...settings }, { outputDir: scratch });
    const found = async (): Promise<[string, number][]> =>
      [...(await wholeCheckpoints(world.storage, directory))].map(([name, { step }]) => [name, step]);
    const said = (): string[] =>
      world.lines.filter((line) => line.startsWith("Checkpoint")).map((line) => line.replace(`${directory}/`, ""));
    return { trainer, found, said };
  };
  const notSaved = expect.stringContaining("Checkpoint not saved: The thread that writes checkpoints has ended");

  test.each(["continue", "stop"] as const)('the last save of a fit is made without it: onSaveError "%s"', async (onSaveError) => {
    killAtJob(1);
    const { trainer, found, said } = start({ everyEpochs: 0, onSaveError });
    await using _ = trainer;
    await trainer.fit({ ...data(), epochs: 1 });
    expect(await found()).toEqual([["epoch_1.ckpt", 6]]);
    expect(said()).toEqual([...(onSaveError === "continue" ? [notSaved] : []), "Checkpoint saved: epoch_1.ckpt"]);
  });

  test("so is that of a fit that is stopped", async () => {
    killAtJob(1);
    const { trainer, found } = start({});
    await using _ = trainer;
    await trainer.fit({ ...data(), epochs: 1, signal: AbortSignal.abort() });
    expect((await found()).map(([name]) => name)).toEqual([expect.stringMatching(/^checkpoint_step_/)]);
  });

  test("a save in mid-fit is said to be lost, and the next one is made without it", async () => {
    killAtJob(2);
    const { trainer, found, said } = start({});
    await using _ = trainer;
    await trainer.fit({ ...data(), epochs: 3 });
    expect(await found()).toEqual([
      ["epoch_1.ckpt", 6],
      ["epoch_3.ckpt", 18],
    ]);
    expect(said()).toEqual(["Checkpoint saved: epoch_1.ckpt", notSaved, "Checkpoint saved: epoch_3.ckpt"]);
  });

  test("save() is made without it", async () => {
    killAtJob(1);
    const { trainer, found } = start({});
    await using _ = trainer;
    await trainer.stateManager.save();
    expect(await found()).toEqual([["checkpoint_step_0.ckpt", 0]]);
  });

  test("no save is lost if it had nothing in hand", async () => {
    killAtJob(0);
    const { trainer, found, said } = start({});
    await using _ = trainer;
    await trainer.ready();
    await trainer.fit({ ...data(), epochs: 2 });
    expect((await found()).at(-1)).toEqual(["epoch_2.ckpt", 12]);
    expect(said().at(-1)).toBe("Checkpoint saved: epoch_2.ckpt");
  });
});

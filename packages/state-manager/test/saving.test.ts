import { MemoryStorage, type StateRecord } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { EarlyStopper } from "@snapfit/core";
import { adamW } from "@snapfit/optim";
import { tinyClassifier, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StateManager } from "../src/index.js";
import { data, failureOf, Resumable, World } from "./support/run.js";

describe("names and numbers of checkpoints:", () => {
  test("each epoch, and the best", async () => {
    const world = new World();
    expect(await world.trainTo(3)).toEqual(["epoch_1.ckpt", "epoch_2.ckpt", "best_model.ckpt", "epoch_3.ckpt"]);
    expect(world.lines.filter((line) => line.startsWith("Checkpoint saved"))).toEqual(
      [1, 2, 3].map((epoch) => `Checkpoint saved: runs/run/checkpoints/epoch_${epoch}.ckpt (also best_model.ckpt)`),
    );
  });

  test("every so many epochs or steps, the newest of them", async () => {
    expect(await new World().trainTo(4, { everyEpochs: 2, best: { keep: 0 } })).toEqual(["epoch_2.ckpt", "epoch_4.ckpt"]);
    expect(await new World().trainTo(2, { everySteps: 5, everyEpochs: 0, keep: 2, best: { keep: 0 } })).toEqual([
      "checkpoint_step_10.ckpt",
      "epoch_2.ckpt",
    ]);
  });

  test("of the user's choice, and folders", async () => {
    const world = new World();
    const names = { epoch: "e{epoch}-s{step}", step: "checkpoint-{step}", best: "top" };
    expect(await world.trainTo(1, { format: "safetensors", everySteps: 4, names })).toEqual(["checkpoint-4", "top", "e1-s6"]);
    expect(await world.names("runs/run/checkpoints/checkpoint-4")).toEqual(["model.safetensors", "state.json", "state.safetensors"]);
  });

  test("in a folder of the user's choice; another run starts anew beside the old one", async () => {
    const world = new World();
    await world.trainTo(1, { directory: "elsewhere/" });
    expect(await world.names("elsewhere")).toEqual(["best_model.ckpt", "epoch_1.ckpt", "manifest.json"]);
    await world.trainTo(1);
    await world.trainTo(1, { resume: "never" });
    expect(await world.names("runs")).toEqual(["run", "run-2"]);
  });

  test("by time, by a clock that never goes back", async () => {
    expect(await new World().trainTo(1, { everyMinutes: 1e-9, everyEpochs: 0, keep: 2, best: { keep: 0 } })).toEqual([
      "checkpoint_step_6.ckpt",
      "epoch_1.ckpt",
    ]);
  });

  test("the newest is found by number, not by the order of text", async () => {
    const world = new World();
    await world.trainTo(11, { best: { keep: 0 } });
    await world.trainTo(11);
    expect(world.lines).toContain("Found checkpoint: runs/run/checkpoints/epoch_11.ckpt");
    const manifest = JSON.parse(new TextDecoder().decode(await world.storage.read("runs/run/checkpoints/manifest.json"))) as {
      last: string;
    };
    expect(manifest.last).toBe("epoch_11.ckpt");
  });
});

describe("the best checkpoints", () => {
  /** Validation values come from a list. */
  class Scripted extends Resumable {
    values = [3, 1, 2, 0.5, 4, 0.7];
    protected override async computeMetrics(): Promise<Record<string, number>> {
      return { score: this.values[this.progress.globalEpoch - 1]! };
    }
  }

  test("are the top k by the monitored value; the first has the plain name", async () => {
    const world = new World();
    await using trainer = new Scripted(world.options({ everyEpochs: 0, best: { monitor: "score", mode: "min", keep: 3 } }));
    await trainer.fit({ ...data(), epochs: 6 });
    const best = trainer.stateManager.list().filter(({ kind }) => kind === "best");
    expect(best.map(({ path, value }) => [path.slice(path.lastIndexOf("/") + 1), value])).toEqual([
      ["best_model_step_12.ckpt", 1],
      ["best_model.ckpt", 0.5],
      ["best_model_step_36.ckpt", 0.7],
    ]);
    expect(trainer.bestModelState).toMatchObject({ monitor: "score", value: 0.5 });
    expect(trainer.stateManager.bestPath).toBe("runs/run/checkpoints/best_model.ckpt");
    expect(await world.names()).toEqual([
      "best_model.ckpt",
      "best_model_step_12.ckpt",
      "best_model_step_36.ckpt",
      "epoch_6.ckpt",
      "lock.json",
      "manifest.json",
    ]);
  });

  test("are the trainer's own: another monitor than the stopper's is refused", async () => {
    class Stopping extends Resumable {
      protected override configureEarlyStoppers() {
        return { valid: new EarlyStopper({ monitor: "acc" }) };
      }
    }
    const { code, message } = await failureOf(new Stopping(new World().options({ best: { monitor: "loss" } })).ready());
    expect([code, message]).toEqual([
      "BEST_MONITOR",
      'Option stateManager.best.monitor is "loss", but the early stopper of validations watches "acc". A run has one best state. Give both the same, or leave out best.monitor.',
    ]);
  });

  test("hold the weights that were best, whatever came after", async () => {
    const world = new World();
    await using trainer = new Scripted(world.options({ best: { monitor: "score", mode: "min" } }));
    await trainer.fit({ ...data(), epochs: 5 });
    const last = await trainer.modelWeights();
    await trainer.stateManager.loadModel(trainer.stateManager.bestPath!);
    expect(await trainer.modelWeights()).toEqual(trainer.bestModelState!.weights);
    expect(await trainer.modelWeights()).not.toEqual(last);
  });
});

describe("a state", () => {
  test("that is not finite is never written, and what was there stays", async () => {
    const world = new World();
    await using trainer = world.trainer();
    await trainer.fit({ ...data(), epochs: 1 });
    const names = await world.names();
    const weights = structuredClone(await trainer.modelWeights());
    weights["layers.0.bias"]!.data[0] = NaN;
    await trainer.setModelWeights(weights);
    expect(await failureOf(trainer.stateManager.save())).toMatchObject({
      code: "STATE_NOT_FINITE",
      message: expect.stringContaining("weights/layers.0.bias"),
    });
    expect(await world.names()).toEqual(names);
  });

  test("has the same hash in two runs that did the same, elsewhere and in the other format, and another one otherwise", async () => {
    const hashOf = async (settings: object, seed: number): Promise<string> => {
      const world = new World();
      await using trainer = world.trainer(settings, { seed, outputDir: `out${Math.random()}` });
      await trainer.fit({ ...data(), epochs: 2 });
      return trainer.stateManager.list().at(-1)!.hash;
    };
    const [first, second, other] = [await hashOf({}, 1), await hashOf({ format: "safetensors", async: false }, 1), await hashOf({}, 2)];
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  test("of an add-on that is not there is kept for one that has it, and said", async () => {
    const world = new World();
    class WithExtra extends Resumable {
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), extra: { version: 3, averages: new Float32Array([1, NaN, -0]), big: 2n ** 60n } };
      }
    }
    {
      await using trainer = new WithExtra(world.options());
      await trainer.fit({ ...data(), epochs: 1 });
    }
    await world.trainTo(2);
    expect(world.lines).toContain("The checkpoint holds the state of extra, which this trainer has not. It is kept for one that has.");
    let found: StateRecord | undefined;
    class Reading extends WithExtra {
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        found = state["extra"] as StateRecord;
      }
    }
    await using trainer = new Reading(world.options());
    await trainer.ready();
    expect(trainer.progress.globalEpoch).toBe(2);
    expect(found).toEqual({ version: 3, averages: new Float32Array([1, NaN, -0]), big: 2n ** 60n });
  });
});

describe("by hand", () => {
  test("save() gives a path that load() goes on from, in the folder or anywhere", async () => {
    const world = new World();
    await using trainer = world.trainer();
    await trainer.fit({ ...data(), epochs: 1 });
    expect(await trainer.stateManager.save()).toBe("runs/run/checkpoints/checkpoint_step_6.ckpt");
    expect(await trainer.stateManager.save("other/place.ckpt")).toBe("other/place.ckpt");
    const state = await trainer.captureState();
    await using second = world.trainer({ resume: "never" });
    await second.stateManager.load("other/place.ckpt");
    expect(world.lines.slice(-2)).toEqual(["Checkpoint loaded: other/place.ckpt", "Resumed from global_epoch: 1, global_step: 6"]);
    expect({ ...(await second.captureState()), environment: {} }).toEqual({ ...state, environment: {} });
    await second.fit({ ...data(), epochs: 2 });
    await using whole = new World().trainer();
    await whole.fit({ ...data(), epochs: 2 });
    expect(await second.modelWeights()).toEqual(await whole.modelWeights());
  });

  test("a manual checkpoint is not counted among those that are kept", async () => {
    const world = new World();
    await using trainer = world.trainer({ keep: 1, best: { keep: 0 } });
    await trainer.fit({ ...data(), epochs: 1 });
    await trainer.stateManager.save();
    await trainer.fit({ ...data(), epochs: 2 });
    expect(trainer.stateManager.list().map(({ kind, step }) => [kind, step])).toEqual([
      ["manual", 6],
      ["epoch", 18],
    ]);
  });

  test("load() says what there is not", async () => {
    const world = new World();
    await using trainer = world.trainer();
    expect(await failureOf(trainer.stateManager.load())).toMatchObject({
      code: "NO_CHECKPOINT",
      message: expect.stringContaining('"runs/run/checkpoints"'),
    });
    expect(await failureOf(trainer.stateManager.load("nowhere.ckpt"))).toMatchObject({
      code: "NO_CHECKPOINT",
      message: expect.stringContaining('"nowhere.ckpt" is no checkpoint.'),
    });
    await trainer.close();
    expect(await failureOf(world.trainer({ resume: "must" }).ready())).toMatchObject({ code: "NO_CHECKPOINT" });
  });

  test("load() into a model of another shape names every difference; strict: false takes what fits and lists the rest", async () => {
    const world = new World();
    await world.trainTo(1);
    await using trainer = new Resumable({ ...world.options({ resume: "never" }), model: () => tinyClassifier({ numClasses: 5 }) });
    const path = "runs/run/checkpoints/epoch_1.ckpt";
    expect(await failureOf(trainer.stateManager.load(path))).toMatchObject({
      code: "WEIGHTS_MISMATCH",
      message: expect.stringContaining("given float32 ["),
    });
    const before = await trainer.modelWeights();
    const { missing, unexpected, different } = await trainer.stateManager.load(path, { strict: false });
    expect([missing, unexpected, different.length]).toEqual([[], [], 2]);
    const after = await trainer.modelWeights();
    expect(after["layers.0.kernel"]).not.toEqual(before["layers.0.kernel"]);
    expect(after["layers.1.kernel"] ?? after["layers.2.kernel"]).toEqual(before["layers.1.kernel"] ?? before["layers.2.kernel"]);
    expect(trainer.progress.step).toBe(6);
  });
});

test("a file without counters and history loads as 0 and empty", async () => {
  const world = new World();
  class Bare extends Resumable {
    override async saveState(): Promise<StateRecord> {
      const { weights, optimizers } = await super.saveState();
      return { weights: weights!, optimizers: optimizers! };
    }
  }
  {
    await using trainer = new Bare(world.options());
    await trainer.fit({ ...data(), epochs: 1 });
  }
  await using trainer = world.trainer();
  await trainer.ready();
  expect(world.lines).toContain("Resumed from global_epoch: 0, global_step: 0");
  expect(trainer.history).toEqual({ train: {}, valid: {} });
});

test("on disk a thread writes; without it the bytes are the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "snapfit-saving-"));
  try {
    const hashes: string[] = [];
    for (const isAsync of [true, false]) {
      const world = new World(new DiskStorage());
      await using trainer = world.trainer({ async: isAsync, directory: join(folder, String(isAsync)) });
      await trainer.fit({ ...data(), epochs: 2 });
      hashes.push(trainer.stateManager.list().at(-1)!.hash);
      expect(world.lines.filter((line) => /warn|not saved/i.test(line))).toEqual([]);
    }
    expect(hashes[0]).toBe(hashes[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("options are checked when the trainer is built", () => {
  const built = (settings: object) => () =>
    new (TinyTrainer.addOn(StateManager))({
      ...tinyOptions({ model: () => tinyClassifier(), optimizer: adamW() }),
      stateManager: settings,
    });
  for (const [settings, message] of [
    [{ every: 1 }, 'There is no option "stateManager.every". Known: directory'],
    [{ keeep: 1 }, 'There is no option "stateManager.keeep". Did you mean "keep"?'],
    [{ keep: 0 }, "Option stateManager.keep is 0. It takes a whole number of at least 1."],
    [{ everySteps: 1.5 }, "Option stateManager.everySteps is 1.5. It takes a whole number."],
    [{ format: "pt" }, 'Option stateManager.format is "pt". It takes "ckpt" or "safetensors".'],
    [{ best: { mode: "up" } }, 'Option stateManager.best.mode is "up". It takes "min" or "max".'],
    [{ names: { step: "step" } }, 'Option stateManager.names.step is "step". It takes one file name with {step} in it.'],
    [{ names: { epoch: "../{epoch}" } }, "Option stateManager.names.epoch"],
    [{ resume: "" }, "Option stateManager.resume"],
    [
      { storage: new MemoryStorage(), onSaveError: "ignore" },
      'Option stateManager.onSaveError is "ignore". It takes "continue" or "stop".',
    ],
  ] as const)
    expect(built(settings)).toThrow(message);
});

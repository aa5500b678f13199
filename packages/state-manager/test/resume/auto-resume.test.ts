// What the same command does when it is run again, and what it says.
import { hostTensor, type HostTensor } from "@snapfit/base";
import { EarlyStopper, type FitOptions } from "@snapfit/core";
import { arrays, loader } from "@snapfit/data";
import { adamW, cosine } from "@snapfit/optim";
import { seededClasses, tinyClassifier, type ClassBatch } from "@snapfit/test-utils";
import { describe, expect, test } from "vitest";
import { data, failureOf, Resumable, World } from "../support/run.js";

/** A loader with 6 batches in an epoch. */
function classes(numSamples = 22, batchSize = 4) {
  const { x, y } = seededClasses({ numSamples });
  const set = arrays({ x: hostTensor(x.data, [numSamples, 4]) as HostTensor<2, "float32">, y: y.data });
  return loader(set, { batchSize, shuffle: true, seed: 1 }) as unknown as NonNullable<FitOptions<ClassBatch>["train"]>;
}

/** Interrupts a fit of 3 epochs in the middle of the second one. */
async function interrupted(world: World, fit: Partial<FitOptions<ClassBatch>> = {}, options: object = {}): Promise<void> {
  const controller = new AbortController();
  class Interrupted extends Resumable {
    protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
      await super.onOptimizerStep(step);
      if (this.progress.step === 8) controller.abort("pause");
    }
  }
  await using trainer = new Interrupted(world.options({ async: false }, options));
  await trainer.fit({ train: classes(), epochs: 3, ...fit, signal: controller.signal } as FitOptions<ClassBatch>);
}

/** What a trainer says in a fit, without the lines of epochs and checkpoints. */
async function said(world: World, fit: Partial<FitOptions<ClassBatch>>, options: object = {}): Promise<readonly string[]> {
  world.lines.length = 0;
  await using trainer = world.trainer({}, options);
  await trainer.fit({ train: classes(), ...fit } as FitOptions<ClassBatch>);
  return world.lines.filter((line) => !/^(\[|Device|Checkpoint saved|Learning rate)/.test(line));
}

describe("the same command again", () => {
  test("goes on, and says from where", async () => {
    const world = new World();
    await interrupted(world);
    expect(world.lines.slice(-2)).toEqual([
      "Stopped at epoch 2, step 8: pause.",
      "Checkpoint saved: runs/run/checkpoints/checkpoint_step_8.ckpt",
    ]);
    expect(await said(world, { epochs: 3 })).toEqual([
      "Found checkpoint: runs/run/checkpoints/checkpoint_step_8.ckpt",
      "Checkpoint loaded: runs/run/checkpoints/checkpoint_step_8.ckpt",
      "Resumed from global_epoch: 2, global_step: 8",
      "Fit 1 goes on at epoch 2, step 8.",
    ]);
  });

  test("of a finished run says that it is finished and how to start anew, and changes nothing", async () => {
    const world = new World();
    const names = await world.trainTo(2);
    const bytes = await world.storage.read("runs/run/checkpoints/epoch_2.ckpt");
    world.lines.length = 0;
    expect(await world.trainTo(2)).toEqual(names);
    expect(world.lines).toEqual([
      expect.stringMatching(/^Device: /),
      "Found checkpoint: runs/run/checkpoints/epoch_2.ckpt",
      "Checkpoint loaded: runs/run/checkpoints/epoch_2.ckpt",
      "Resumed from global_epoch: 2, global_step: 12",
      'This run is finished so far (2 epochs). For a new one give another runName, or stateManager: { resume: "never" }.',
      "Fit 1 is finished (2 epochs): nothing to do.",
    ]);
    expect(await world.storage.read("runs/run/checkpoints/epoch_2.ckpt")).toEqual(bytes);
  });

  test("started anew as it was told, runs from the beginning and leaves the finished run alone", async () => {
    const world = new World();
    const names = await world.trainTo(2);
    world.lines.length = 0;
    await world.trainTo(2, { resume: "never" });
    await world.trainTo(2, {}, { runName: "other" });
    expect(world.lines.filter((line) => /^(Found|Resumed|Fit)/.test(line))).toEqual([]);
    for (const folder of ["run", "run-2", "other"])
      expect(await world.names(`runs/${folder}/checkpoints`)).toEqual([...names, "manifest.json"].sort());
  });

  test("of a run that an early stopper has ended says why, also where the script now allows more", async () => {
    const world = new World();
    class Stopped extends Resumable {
      protected override async configureEarlyStoppers() {
        return { valid: new EarlyStopper({ patience: 1, minDelta: 10 }) };
      }
    }
    for (const epochs of [9, 20]) {
      world.lines.length = 0;
      await using trainer = new Stopped(world.options());
      await trainer.fit({ ...data(), epochs });
      expect(trainer.progress.globalEpoch).toBe(2);
    }
    expect(world.lines.slice(-2)).toEqual([
      expect.stringMatching(/^This run is finished so far \(early stopping: .+\)\. For a new one give another runName, or /),
      expect.stringMatching(/^Fit 1 is finished \(early stopping: .+\): nothing to do\.$/),
    ]);
  });
});

describe("what has changed since is named", () => {
  test("a higher limit of a finished fit, which goes on", async () => {
    const world = new World();
    await said(world, { epochs: 2 });
    const lines = await said(world, { epochs: 4 });
    expect(lines).toContain("Fit 1 had ended at its limit of 2 epochs; now 4 epochs are allowed, so it goes on.");
    const whole = new World();
    await said(whole, { epochs: 4 });
    const weights = async (of: World) => {
      await using trainer = of.trainer();
      return trainer.modelWeights();
    };
    expect(await weights(world)).toEqual(await weights(whole));
  });

  test("another limit of an interrupted fit", async () => {
    const world = new World();
    await interrupted(world);
    expect(await said(world, { steps: 10 })).toContain("Fit 1 goes on at epoch 2, step 8. It may now take 10 steps (before: 3 epochs).");
  });

  test("another number of steps in all, which schedules follow", async () => {
    const world = new World();
    const options = () => ({ optimizer: adamW({ learningRate: 0.02 }), schedule: cosine() });
    await interrupted(world, {}, options());
    expect(await said(world, { epochs: 4 }, options())).toContain(
      "This fit now has 24 steps in all; before it had 18. Schedules follow the new number.",
    );
  });

  test.each([
    ["more samples", classes(23), "samples was 22 and is 23"],
    ["another batch size", classes(22, 5), "batchSize was 4 and is 5"],
  ])("other data: %s", async (_, train, message) => {
    const world = new World();
    await interrupted(world);
    await using trainer = world.trainer();
    expect(await failureOf(trainer.fit({ train, epochs: 3 } as FitOptions<ClassBatch>))).toMatchObject({
      code: "LOADER_CHANGED",
      message: expect.stringContaining(message),
    });
  });

  test("another model", async () => {
    const world = new World();
    await world.trainTo(1);
    await using trainer = world.trainer({}, { model: () => tinyClassifier({ batchNorm: true }) });
    expect(await failureOf(trainer.fit({ ...data(), epochs: 2 }))).toMatchObject({ code: "WEIGHTS_MISMATCH" });
  });
});

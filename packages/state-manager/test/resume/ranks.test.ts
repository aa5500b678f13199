// Checkpoints of runs with several ranks.
import type { ProcessGroup, RandomStream, StateRecord } from "@snapfit/base";
import type { StepResult } from "@snapfit/core";
import { adamW } from "@snapfit/optim";
import { onRanks, seededClasses, TestRanks, tinyClassifier, tinyLoader, TinyTrainer, type ClassBatch } from "@snapfit/test-utils";
import { describe, expect, test } from "vitest";
import { StateManager } from "../../src/index.js";
import { World } from "../support/run.js";

/** Draws from a stream of each rank in every step, and keeps what came last. */
class Noisy extends TinyTrainer.addOn(StateManager, TestRanks) {
  readonly drawn: number[] = [];
  onStep: (step: number) => void = () => undefined;
  protected override transformBatch(batch: unknown): unknown {
    const noise: RandomStream = this.randomStream("noise");
    this.drawn.push(noise.uniform());
    return super.transformBatch(batch);
  }
  protected override trainingStep({ x, y }: ClassBatch, index?: number): StepResult {
    return super.trainingStep({ x: this.dropout(x, 0.2), y }, index);
  }
  protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
    await super.onOptimizerStep(step);
    this.onStep(this.progress.step);
  }
}

interface Run {
  readonly hash: string | undefined;
  readonly drawn: readonly number[];
  readonly state: StateRecord;
  readonly began: number;
}

/** Trains to an epoch on so many ranks; 24 samples in batches of 8 over all of them. */
function train(world: World, size: number, { epochs, stopAt }: { readonly epochs: number; readonly stopAt?: number }): Promise<Run[]> {
  return onRanks(size, async (processGroup: ProcessGroup) => {
    const controller = new AbortController();
    const options = { model: () => tinyClassifier(), optimizer: adamW({ learningRate: 0.02 }), processGroup };
    await using trainer = new Noisy(world.options({}, options));
    trainer.onStep = (step) => step === stopAt && controller.abort("pause");
    await trainer.ready();
    const began = trainer.progress.step;
    await trainer.fit({
      train: tinyLoader(seededClasses({ numSamples: 24 }), { batchSize: 8 / size, shuffle: true }),
      validation: tinyLoader(seededClasses({ numSamples: 8, seed: 2 }), { batchSize: 8 / size }),
      epochs,
      signal: controller.signal,
    });
    const state = await trainer.captureState();
    return { hash: trainer.stateManager.list().at(-1)?.hash, drawn: [...trainer.drawn], state, began };
  });
}

describe("two ranks", () => {
  test("go on in the middle of an epoch to the same bits; rank 0 alone has the files", async () => {
    const whole = await train(new World(), 2, { epochs: 3 });
    const world = new World();
    const stopped = await train(world, 2, { epochs: 3, stopAt: 5 });
    const resumed = await train(world, 2, { epochs: 3 });
    expect(resumed.map(({ hash }) => hash)).toEqual([whole[0]!.hash, undefined]);
    expect(resumed.map(({ drawn }, rank) => [...stopped[rank]!.drawn, ...drawn])).toEqual(whole.map(({ drawn }) => drawn));
    expect(whole[0]!.drawn).not.toEqual(whole[1]!.drawn);
  });
});

describe("a checkpoint between epochs of another number of ranks", () => {
  test.each([
    [2, 1],
    [1, 2],
    [2, 4],
  ])("of %i ranks loads on %i: weights and counters are the same, streams of ranks begin anew, and that is said", async (before, now) => {
    const world = new World();
    const [first] = await train(world, before, { epochs: 2 });
    world.lines.length = 0;
    const resumed = await train(world, now, { epochs: 4 });
    expect(world.lines.filter((line) => line.startsWith("The state is of"))).toEqual([
      `The state is of ${before} ranks, this run has ${now}: random streams and loader positions of ranks begin anew.`,
    ]);
    for (const { began, state } of resumed) {
      expect(began).toBe(6);
      expect(state["progress"]).toMatchObject({ globalEpoch: 4, step: 12, samples: 96 });
      expect((state["history"] as { train: { loss: number[] } }).train.loss.slice(0, 2)).toEqual(
        (first!.state["history"] as { train: { loss: number[] } }).train.loss,
      );
    }
    const fresh = await train(new World(), now, { epochs: 2 });
    expect(resumed.map(({ drawn }) => drawn)).toEqual(fresh.map(({ drawn }) => drawn));
  });
});

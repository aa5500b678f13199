import { parseState, stringifyState, type StateRecord } from "@snapfit/base";
import {
  expectSameBits,
  onRanks,
  seededClasses,
  TestRanks,
  tinyClassifier,
  tinyLoader,
  tinyOptions,
  TinyTrainer,
  type ClassBatch,
} from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import type { LogRecord, SavePointKind, StepResult } from "../src/index.js";

interface Saved {
  readonly at: string;
  readonly text: string;
  /** Rows written before. */
  readonly numRows: number;
}

/** Two epochs that log a text in every step, with a state taken at every save point. */
async function run(from?: string): Promise<{ saved: Saved[]; rows: string[]; state: StateRecord }> {
  const saved: Saved[] = [];
  const rows: string[] = [];
  class Saving extends TinyTrainer {
    protected override async setup(): Promise<void> {
      await super.setup();
      this.addLogSink({ name: "rows", write: (record: LogRecord) => void (record.kind === "config" || rows.push(JSON.stringify(record))) });
    }
    protected override trainingStep(batch: ClassBatch, index: number, name: string): StepResult {
      this.logText("note", `step ${this.progress.step}, batch ${index}`);
      return super.trainingStep(batch, index, name);
    }
    protected override async savePoint(kind: SavePointKind): Promise<void> {
      saved.push({ at: `${kind} ${this.progress.step}`, text: stringifyState(await this.captureState()), numRows: rows.length });
    }
  }
  const trainer = new Saving(tinyOptions({ logEvery: 4 }));
  if (from !== undefined) await trainer.applyState(parseState(from) as StateRecord);
  const validation = tinyLoader(seededClasses({ seed: 2 }), { shuffle: true });
  await trainer.fit({ train: tinyLoader(seededClasses()), validation, epochs: 2 });
  await trainer.validate(validation);
  const { environment: _, ...state } = await trainer.captureState();
  await trainer.close();
  return { saved, rows, state };
}

test("records that wait for a logging point survive a resume, from every save point, and so does the place in the validation loader", async () => {
  const whole = await run();
  expect(whole.saved.length).toBeGreaterThan(8);
  for (const { at, text, numRows } of whole.saved) {
    const resumed = await run(text);
    expect([...whole.rows.slice(0, numRows), ...resumed.rows], at).toEqual(whole.rows);
    expectSameBits(resumed.state, whole.state);
  }
});

test("a trainer whose set-up fails leaves nothing of the model that its function built", async () => {
  class Failing extends TinyTrainer {
    protected override setup(): void {
      throw new Error("no room");
    }
  }
  const before = tf.memory().numTensors;
  const trainer = new Failing(tinyOptions({ model: () => tinyClassifier() }));
  await expect(trainer.ready()).rejects.toThrow("no room");
  await trainer.close();
  expect(tf.memory().numTensors).toBe(before);
});

test("each rank gets its own number of batches back", async () => {
  const batches = await onRanks(2, async (processGroup) => {
    let state: StateRecord | undefined;
    class Saving extends TinyTrainer.addOn(TestRanks) {
      protected override async savePoint(kind: SavePointKind): Promise<void> {
        if (kind === "step") state = await this.captureState();
      }
    }
    const trainer = new Saving(tinyOptions({ processGroup }));
    await trainer.fit({ train: tinyLoader(seededClasses({ numSamples: 17 })), epochs: 1 });
    await trainer.close();
    const restored = new Saving(tinyOptions({ processGroup }));
    await restored.applyState(state!);
    await restored.close();
    return [trainer.progress.batch, restored.progress.batch];
  });
  expect(batches).toEqual([
    [3, 3],
    [2, 2],
  ]);
});

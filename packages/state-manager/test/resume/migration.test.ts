// A checkpoint outlives the version of an add-on that wrote it.
import { migrateState, type StateRecord } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
import { describe, expect, test } from "vitest";
import { data, failureOf, Resumable, World } from "../support/run.js";

/** An add-on that counts steps, as it was in each of its versions. The last one wants their number by epoch. */
function counter(version: 1 | 2 | 3) {
  return defineAddOn({
    name: "Counter",
    apply(Base: AddOnBase): Adds<{ readonly counted: StateRecord }> {
      abstract class Counter extends Base {
        counted: StateRecord = {};

        override async saveState(): Promise<StateRecord> {
          const { step } = this.progress;
          const forms: Readonly<Record<number, StateRecord>> = {
            1: { steps: step },
            2: { version: 2, counts: { steps: step } },
            3: { version: 3, perEpoch: Float32Array.of(step), saved: true },
          };
          return { ...(await super.saveState()), counter: forms[version]! };
        }
        override async loadState(state: StateRecord): Promise<void> {
          await super.loadState(state);
          const migrations = {
            1: ({ steps }: StateRecord) => ({ counts: { steps: steps! } }),
            2: ({ counts }: StateRecord) => ({ perEpoch: Float32Array.of(Number((counts as StateRecord)["steps"])), saved: false }),
          };
          this.counted = migrateState("Counter", state["counter"] as StateRecord | undefined, version, migrations) ?? {};
        }
      }
      return Counter;
    },
  });
}

/** Trains to an epoch with a version of the add-on. @returns the entry that it took up */
async function trainWith(world: World, version: 1 | 2 | 3, epochs: number): Promise<StateRecord> {
  await using trainer = new (Resumable.addOn(counter(version)))(world.options());
  await trainer.fit({ ...data(), epochs });
  return trainer.counted;
}

describe("a checkpoint with an entry of an add-on's earlier version", () => {
  test("is brought forward through every version in between, also after a run without the add-on", async () => {
    const world = new World();
    expect(await trainWith(world, 1, 1)).toEqual({});
    await world.trainTo(2);
    expect(world.lines).toContain("The checkpoint holds the state of counter, which this trainer has not. It is kept for one that has.");
    expect(await trainWith(world, 3, 3)).toEqual({ version: 3, perEpoch: Float32Array.of(6), saved: false });
    expect(await trainWith(world, 3, 3)).toEqual({ version: 3, perEpoch: Float32Array.of(18), saved: true });
  });

  test("of the version between begins in the middle", async () => {
    const world = new World();
    await trainWith(world, 2, 1);
    expect(await trainWith(world, 3, 2)).toEqual({ version: 3, perEpoch: Float32Array.of(6), saved: false });
  });

  test("of a later version is refused, and the folder stays as it was for one that reads it", async () => {
    const world = new World();
    await trainWith(world, 3, 1);
    const names = await world.names();
    expect(await failureOf(trainWith(world, 2, 2))).toMatchObject({
      code: "STATE_VERSION",
      message:
        "The saved state of Counter has version 3. The installed one reads up to version 2. Install the version that wrote it, or a later one.",
    });
    expect(await world.names()).toEqual(names);
    expect(await trainWith(world, 3, 2)).toMatchObject({ perEpoch: Float32Array.of(6) });
  });
});

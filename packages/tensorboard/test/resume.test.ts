import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutRun, eventFilesOf } from "./support/cut-run.js";
import { loggedRun } from "./support/logged-run.js";
import { lastingEvents, readEvents } from "./support/read-events.js";

let folder: string;
let whole: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tensorboard-"));
  whole = join(folder, "whole");
  await loggedRun(whole);
});
afterAll(() => rmSync(folder, { recursive: true }));
const eventsOf = (own: string) => lastingEvents(readEvents(join(own, "run")));

describe("TensorBoardLogger resumes", () => {
  test.each([1, 3, 4, 8])("a run stopped at step %i without a doubled or missing value", async (stopAt) => {
    const own = join(folder, `stopped-${stopAt}`);
    await loggedRun(own, { stopAt });
    await loggedRun(own);
    expect(eventsOf(own)).toEqual(eventsOf(whole));
    expect(eventFilesOf(own)).toHaveLength(1);
  });

  test("a run that was killed after its last checkpoint, at any byte of a record: another file goes on behind a torn one", async () => {
    const [start, end] = recordAfterStep(6);
    for (const cut of [start, start + 1, start + 12, end - 1, end]) {
      const own = join(folder, `killed-${cut}`);
      cutRun(whole, own, cut);
      const lines = await loggedRun(own);
      expect(lines).toContain("Resumed from global_epoch: 2, global_step: 4");
      expect(lines.filter((line) => line.includes("not what its event files say"))).toEqual([]);
      expect(eventsOf(own)).toEqual(eventsOf(whole));
      const isTorn = cut !== start && cut !== end;
      expect(eventFilesOf(own)).toHaveLength(isTorn ? 2 : 1);
      if (isTorn) expect(statSync(eventFilesOf(own)[0]!).size).toBe(cut);
    }
  });

  test("a run whose event files are gone: later values go into new ones", async () => {
    const own = join(folder, "lost");
    await loggedRun(own, { stopAt: 4 });
    for (const path of eventFilesOf(own)) rmSync(path);
    await loggedRun(own);
    expect(eventsOf(own)["train/loss"]).toEqual(eventsOf(whole)["train/loss"]!.slice(4));
  });

  test("another run in the same folder, twice, the second time from the middle: TensorBoard forgets what does not hold any more", async () => {
    const own = join(folder, "branch");
    const directory = join(own, "run");
    const other = join(folder, "other");
    await loggedRun(own, { stopAt: 7, tensorboard: { directory } });
    rmSync(join(own, "run", "checkpoints"), { recursive: true });
    const lines = await loggedRun(own, { seed: 8, tensorboard: { directory } });
    expect(lines).toContainEqual(expect.stringMatching(/^The run is not what its event files say from step \d on/));
    await loggedRun(other, { seed: 8 });
    expect(eventsOf(own)).toEqual(eventsOf(other));

    rmSync(join(own, "run", "checkpoints"), { recursive: true });
    await loggedRun(own, { seed: 8, rate: 0.5, tensorboard: { directory } });
    const third = join(folder, "third");
    await loggedRun(third, { seed: 8, rate: 0.5 });
    expect(eventsOf(own)).toEqual(eventsOf(third));
    expect(eventFilesOf(own)).toHaveLength(3);
  });
});

/** Where a record begins and ends in the file of the whole run: the first one whose step is later. */
function recordAfterStep(step: number): readonly [start: number, end: number] {
  const file = readFileSync(eventFilesOf(whole)[0]!);
  for (let at = 0; at < file.length;) {
    const end = at + 16 + file.readUInt32LE(at);
    if (file[at + 12 + 9] === 0x10 && file[at + 12 + 10]! > step) return [at, end];
    at = end;
  }
  throw new Error("There is no such record.");
}

import type { LogRecord } from "@snapfit/core";
import type { Conformance } from "./conformance.js";
import { withWorlds, type World } from "./logger-run.js";
import { loggerScript } from "./logger-script.js";

/** Killed after any record, before the first checkpoint, at one, and behind one: the next process writes what is missing, and nothing twice. */
export async function checkKills(conformance: Conformance): Promise<void> {
  const { records } = await conformance.whole();
  await withWorlds(async ({ empty, copy }) => {
    const world = empty();
    const moments: World[] = [];
    await conformance.run({ world, onRecord: async () => void moments.push(await copy(world)) });
    await conformance.expectRecords(world, records, "");
    for (const [i, moment] of moments.entries()) {
      const when = ` after a kill behind record ${i + 1} of ${records.length} (${records[i]!.kind} "${records[i]!.key}" of step ${records[i]!.step})`;
      await conformance.run({ world: moment }, when);
      await conformance.expectRecords(moment, records, when);
    }
  });
}

/** Killed again and again, a few records further each time. */
export async function checkRepeatedKills(conformance: Conformance): Promise<void> {
  const { records } = await conformance.whole();
  await withWorlds(async ({ empty, copy }) => {
    let world = empty();
    let numReached = 0;
    for (let numKills = 0; numReached < records.length; numKills++) {
      let killed: World | undefined;
      const onRecord = async (_: unknown, numRecords: number): Promise<void> => {
        if (killed === undefined && numRecords >= numReached + 5) [killed, numReached] = [await copy(world), numRecords];
      };
      await conformance.run({ world, onRecord }, ` after ${numKills} kills`);
      if (killed === undefined) break;
      world = killed;
    }
    await conformance.expectRecords(world, records, " after several kills");
  });
}

/** Stopped by a signal at a few steps, as one stops a program, and started again; started once more after its end, it adds nothing. */
export async function checkRestarts(conformance: Conformance): Promise<void> {
  const { records } = await conformance.whole();
  await withWorlds(async ({ empty }) => {
    const world = empty();
    for (const stopAt of [3, 8, 15, Infinity, Infinity]) {
      const stop = new AbortController();
      const onRecord = async ({ step }: LogRecord): Promise<void> => void (step >= stopAt && stop.abort("stopped"));
      await conformance.run({ world, onRecord, script: (trainer) => loggerScript(trainer, stop.signal) }, " when it goes on");
    }
    await conformance.expectRecords(world, records, " after being stopped and started again");
  });
}

/** A run that goes on from a checkpoint with another setting, behind which the log has rows. */
export async function checkRewind(conformance: Conformance): Promise<void> {
  await withWorlds(async ({ empty, copy }) => {
    const world = empty();
    let killed: World | undefined;
    const before: LogRecord[] = [];
    const onRecord = async (record: LogRecord): Promise<void> => {
      if (killed !== undefined) return;
      before.push(record);
      if (record.key === "train" && record.step === 12) killed = await copy(world);
    };
    await conformance.run({ world, onRecord });
    const when = " when it goes on from step 8 with other gradients, behind rows of steps 10 and 12";
    const { records: branch, numRestored } = await conformance.run({ world: killed!, options: { clip: { value: 1e-3 } } }, when);
    await conformance.expectBranch(killed!, { before, restored: before.slice(0, numRestored), branch }, when);
  });
}

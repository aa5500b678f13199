import type { LogRecord } from "@snapfit/core";
import { readFileSync, readdirSync, truncateSync } from "node:fs";
import type { Conformance } from "./conformance.js";
import { withWorlds, type World } from "./logger-run.js";

/** A file that a record made longer. */
interface GrownFile {
  readonly path: string;
  readonly fromBytes: number;
  readonly toBytes: number;
}

/**
 * Killed within the write of one record, in each file at any byte: that record alone is torn, and it comes again.
 * The ledger (`….rows`) is written before the log, so a torn ledger has a log without the record.
 */
export async function checkTorn(conformance: Conformance): Promise<void> {
  const { records } = await conformance.whole();
  await withWorlds(async ({ empty, copy }) => {
    const world = empty();
    let before: World | undefined;
    let after: World | undefined;
    const onRecord = async ({ key, step }: LogRecord, numRecords: number): Promise<void> => {
      if (key === "train" && step === 18) after = await copy(world);
      else if (after === undefined && records[numRecords]?.step === 18) before = await copy(world);
    };
    await conformance.run({ world, onRecord });
    const grown = grownFiles(before!.folder, after!.folder);
    const isLedger = ({ path }: GrownFile): boolean => path.endsWith(".rows");
    if (grown.every(isLedger))
      throw conformance.fault("writes no row when it is given one: a file of the run folder has to grow before write() returns.");
    for (const file of grown) {
      for (const sizeBytes of cutsOf(file, conformance.settings.everyByte ?? false)) {
        const torn = await copy(after!);
        truncateSync(`${torn.folder}/${file.path}`, sizeBytes);
        if (isLedger(file))
          for (const other of grown.filter((each) => !isLedger(each))) truncateSync(`${torn.folder}/${other.path}`, other.fromBytes);
        const when = ` after a kill in the write of a record, with ${sizeBytes - file.fromBytes} of its ${file.toBytes - file.fromBytes} bytes in ${file.path}`;
        await conformance.rowsOf(torn, when);
        await conformance.run({ world: torn }, when);
        await conformance.expectRecords(torn, records, when);
      }
    }
  });
}

/** Files that only got longer; those that are rewritten as a whole are not torn by an append. */
function grownFiles(before: string, after: string): GrownFile[] {
  return filesIn(after).flatMap((path) => {
    const now = readFileSync(`${after}/${path}`);
    const then = filesIn(before).includes(path) ? readFileSync(`${before}/${path}`) : new Uint8Array();
    const isGrown = now.length > then.length && now.subarray(0, then.length).equals(then);
    return isGrown ? [{ path, fromBytes: then.length, toBytes: now.length }] : [];
  });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(folder.length + 1));
}

/** Sizes to cut a file to: all, or where headers, lengths and checksums stand, and some between. */
function cutsOf({ fromBytes, toBytes }: GrownFile, everyByte: boolean): number[] {
  const all = Array.from({ length: toBytes - fromBytes }, (_, i) => fromBytes + i);
  if (everyByte || all.length <= 24) return all;
  const between = [0.25, 0.5, 0.75].map((part) => all[Math.floor(part * all.length)]!);
  return [...all.slice(0, 12), ...between, ...all.slice(-8)];
}

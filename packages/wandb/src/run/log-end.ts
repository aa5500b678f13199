import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { LogReader } from "../log/log-reader.js";
import { bytesOf, numberOf, protoFields } from "../log/proto-reader.js";
import { readRecord } from "../log/read-records.js";
import { RecordKind } from "../log/record-kinds.js";
import type { Fragment } from "./fragments.js";

/** Values of a step that are in the log, before the row of that step is complete. */
export interface PartOfRow {
  readonly step: number;
  /** JSON texts by name. */
  readonly values: Map<string, string>;
}

/** Where the parts of a log end. */
export interface LogEnd {
  /** Bytes of whole records in the last one: all, but for what a killed process has left behind them. */
  readonly wholeBytes: number;
  /** Of the last history row of all; undefined without one. */
  readonly lastStep: number | undefined;
}

export function readLogEnd(fragments: readonly Fragment[]): LogEnd {
  let wholeBytes = 0;
  for (let i = fragments.length - 1; i >= 0; i--) {
    let lastStep: number | undefined;
    const end = eachRecord(fragments[i]!, 0, (record) => (lastStep = stepOf(record) ?? lastStep));
    if (i === fragments.length - 1) wholeBytes = end;
    if (lastStep !== undefined) return { wholeBytes, lastStep };
  }
  return { wholeBytes, lastStep: undefined };
}

/**
 * Puts aside a log whose last record is torn, as `.torn` beside it, and a copy of its whole records in its place: the official client
 * uploads nothing of a run behind a torn record. The file itself is not touched, since somebody may be reading it.
 */
export function putTornAside({ logPath }: Fragment, wholeBytes: number): void {
  if (!existsSync(logPath) || statSync(logPath).size === wholeBytes) return;
  const whole = readFileSync(logPath).subarray(0, wholeBytes);
  renameSync(logPath, `${logPath}.torn`);
  if (wholeBytes > 0) writeFileSync(logPath, whole);
}

/** What a process that was stopped has written of its last row. @param segment number of the fragment, from 1, in which the complete rows end @param sizeBytes where they do */
export function readPartOfRow(
  fragments: readonly Fragment[],
  { segment, sizeBytes }: { readonly segment: number; readonly sizeBytes: number },
): PartOfRow | undefined {
  let part: PartOfRow | undefined;
  for (const [i, fragment] of fragments.entries()) {
    if (i + 1 < segment) continue;
    eachRecord(fragment, i + 1 === segment ? sizeBytes : 0, (record) => {
      const step = stepOf(record);
      if (step === undefined) return;
      if (part?.step !== step) part = { step, values: new Map() };
      const entry = readRecord(record);
      if (entry.kind === "history") for (const { path, json } of entry.items) part.values.set(path.join("."), json);
    });
  }
  return part;
}

/** @returns where the last whole record ends */
function eachRecord({ logPath }: Fragment, from: number, take: (record: Uint8Array) => void): number {
  if (!existsSync(logPath)) return 0;
  const reader = new LogReader(logPath, from);
  try {
    for (let record = reader.next(); record !== undefined; record = reader.next()) take(record);
  } catch {
    // What follows the damage is not read any more.
  } finally {
    reader.close();
  }
  return reader.end;
}

/** Of a history record; undefined for others. */
function stepOf(record: Uint8Array): number | undefined {
  const [row] = bytesOf(protoFields(record), RecordKind.history);
  if (row === undefined) return undefined;
  const [step] = bytesOf(protoFields(row), 2);
  return step === undefined ? 0 : numberOf(protoFields(step), 1);
}

import { join } from "node:path";
import { LogReader } from "../../src/log/log-reader.js";
import { readRecord, type JsonItem, type LogEntry } from "../../src/log/read-records.js";
import { listFragments } from "../../src/run/fragments.js";
import { parseLoose } from "./wandb-server.js";

/** All records of a log, whole ones only. */
export function readLog(path: string): LogEntry[] {
  const reader = new LogReader(path);
  const entries: LogEntry[] = [];
  for (let record = reader.next(); record !== undefined; record = reader.next()) entries.push(readRecord(record));
  reader.close();
  return entries;
}

/** Values by their paths, parsed; NaN and infinities as texts. */
export function valuesOf(items: readonly JsonItem[]): Record<string, unknown> {
  return Object.fromEntries(items.map(({ path, json }) => [path.join("."), parseLoose(`{"v":${json}}`)["v"]]));
}

/** What the logs of a folder hold together. */
export interface LoggedRun {
  readonly runIds: readonly string[];
  readonly entries: readonly LogEntry[];
  /** History rows without times. */
  readonly rows: readonly Record<string, unknown>[];
  readonly summary: Record<string, unknown>;
}

/** Reads a run folder. Values that a clock measures are left out, so that runs can be compared. */
export function loggedRun(runFolder: string): LoggedRun {
  const fragments = listFragments(join(runFolder, "wandb"));
  const entries = fragments.flatMap(({ logPath }) => readWhole(logPath));
  const rows = entries.flatMap((entry) => (entry.kind === "history" ? [timeless(valuesOf(entry.items))] : []));
  const summary = entries.flatMap((entry) => (entry.kind === "summary" ? Object.entries(valuesOf(entry.items)) : []));
  return { runIds: fragments.map(({ runId }) => runId), entries, rows, summary: timeless(Object.fromEntries(summary)) };
}

function readWhole(path: string): LogEntry[] {
  try {
    return readLog(path);
  } catch (error) {
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}

/** A row or summary without what a clock has measured. */
export function timeless(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { _runtime, _timestamp, "_wandb.runtime": _, _wandb, "train/samples_per_second": _rate, ...rest } = values;
  return rest;
}

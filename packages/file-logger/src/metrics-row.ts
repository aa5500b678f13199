import { isTimedName } from "@snapfit/logging";
import type { LogRecord } from "@snapfit/core";

/** Records that are rows: config and summary are files of their own. */
export type RowRecord = Exclude<LogRecord, { readonly kind: "config" | "summary" }>;

export function isRow(record: LogRecord): record is RowRecord {
  return record.kind !== "config" && record.kind !== "summary";
}

/** A line of `metrics.jsonl`: a record as JSON. What stands here besides depends on the kind. */
export interface MetricsRow {
  /** Its number in the run, from 0. */
  readonly row: number;
  readonly fit: number;
  readonly step: number;
  readonly epoch: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly kind: RowRecord["kind"];
  readonly key: string;
  /** Of scalars. `"NaN"`, `"Infinity"` and `"-Infinity"` stand for the numbers that JSON lacks. */
  readonly values?: Readonly<Record<string, number | string>>;
}

/** The row of a record. @param content what it says; for an image or a file, where that is */
export function metricsRow(row: number, { fit, step, epoch, kind, key }: RowRecord, content: object): MetricsRow {
  return { row, fit, step, epoch, time: Date.now() / 1000, kind, key, ...content };
}

/** What two lines have in common when the run did the same: all but what a clock measured, and where a logged file was and is. */
export function lastingText(line: string): string {
  const row = JSON.parse(line) as MetricsRow;
  const passing = row.kind === "file" ? ["time", "path", "source"] : ["time"];
  return JSON.stringify(row, (name, value: unknown) => (passing.includes(name) || isTimedName(name) ? undefined : value));
}

/** A tree without the numbers that JSON lacks. */
export function jsonSafe(tree: unknown): unknown {
  if (typeof tree === "number") return Number.isFinite(tree) ? tree : String(tree);
  if (ArrayBuffer.isView(tree)) return Array.from(tree as Float32Array, jsonSafe);
  if (Array.isArray(tree)) return tree.map(jsonSafe);
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, jsonSafe(value)]));
}

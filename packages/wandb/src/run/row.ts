import type { StateRecord, StateTree } from "@snapfit/base";
import { isTimedName } from "@snapfit/logging";
import { jsonText } from "../log/json-text.js";
import type { JsonEntry } from "../log/write-records.js";

/** The values of one step: what its records have brought so far. */
export interface Row {
  readonly step: number;
  /** When its first value came, unix time. */
  readonly timeMs: number;
  readonly values: Record<string, StateTree>;
  /** JSON texts that go to the summary alone. */
  readonly summary: Record<string, string>;
  /** Files that values tell of, relative to the folder `files`. */
  readonly files: string[];
  /** Names that the summary has counted. */
  readonly counted: Set<string>;
}

export function newRow(step: number, timeMs: number): Row {
  return { step, timeMs, values: {}, summary: {}, files: [], counted: new Set() };
}

/** The values as JSON texts. */
export function entriesOf(values: Readonly<Record<string, StateTree>>): JsonEntry[] {
  const entries: JsonEntry[] = [];
  for (const name in values) entries.push([name, jsonText(values[name])]);
  return entries;
}

/** What tells the row from others: equal whenever the run does the same. @param entries its values */
export function textOf({ step, summary }: Row, entries: readonly JsonEntry[]): string {
  let text = String(step);
  for (const [name, json] of entries) if (!isTimedName(name)) text += `\n${name} ${json}`;
  for (const name in summary) if (!isTimedName(name)) text += `\n${name} = ${summary[name]}`;
  return text;
}

export function isEmpty({ values, summary }: Row): boolean {
  for (const _ in values) return false;
  for (const _ in summary) return false;
  return true;
}

/** What a state holds of rows that are not written yet. */
export interface SavedRows {
  /** Equal for runs that do the same. */
  readonly rows: readonly StateRecord[];
  /** What clocks have measured of each. */
  readonly clocks: readonly StateRecord[];
}

export function saveRows(rows: readonly Row[]): SavedRows {
  return {
    rows: rows.map(({ step, values, summary, files }) => ({ step, values: untimed(values), summary: untimed(summary), files: [...files] })),
    clocks: rows.map(({ timeMs, values, summary, counted }) => ({
      timeMs,
      values: timed(values),
      summary: timed(summary),
      counted: [...counted],
    })),
  };
}

/** @param clocks may be missing */
export function loadRows({ rows, clocks }: SavedRows): Row[] {
  return rows.map((row, i) => {
    const saved = structuredClone(row) as unknown as Omit<Row, "timeMs" | "counted">;
    const clock = structuredClone(clocks[i] ?? {}) as unknown as Partial<Row>;
    return {
      ...saved,
      timeMs: clock.timeMs ?? Date.now(),
      values: { ...saved.values, ...clock.values },
      summary: { ...saved.summary, ...clock.summary },
      counted: new Set(clock.counted),
    };
  });
}

function untimed<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !isTimedName(name)));
}

function timed<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isTimedName(name)));
}

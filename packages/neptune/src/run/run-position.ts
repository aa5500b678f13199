import type { StateRecord } from "@snapfit/base";
import type { LogKind, LogRecord } from "@snapfit/core";

/** Records of these kinds. */
export type RecordOf<K extends LogKind> = LogRecord & { readonly kind: K };

/** What a run brings once: its options come with each process. Histograms are not among them, since the format has no such thing. */
export const rowKinds = ["scalars", "text", "image", "table", "file", "alert", "summary"] as const satisfies readonly LogKind[];
export type RowRecord = RecordOf<(typeof rowKinds)[number]>;

export function isRow(record: LogRecord): record is RowRecord {
  return (rowKinds as readonly LogKind[]).includes(record.kind);
}

/** Between two values of one name at one step. Servers take fractions as steps. */
const STEPS_PER_UNIT = 1e6;

/** How far a run has come, the same on all ranks: the number of its rows, and which names have a value at the step it is at. */
export class RunPosition {
  #numRows = 0;
  #step = -1;
  /** Values at that step, by name. */
  #counts = new Map<string, number>();

  get numRows(): number {
    return this.#numRows;
  }

  /** Goes on by a record. @returns the step of each of its series, in the order of its values: those of one name grow, as servers demand */
  advance(record: RowRecord): readonly number[] {
    this.#numRows += 1;
    if (record.step !== this.#step) {
      this.#step = record.step;
      this.#counts.clear();
    }
    return seriesOf(record).map((name) => this.#next(name));
  }

  saveState(): StateRecord {
    return { numRows: this.#numRows, step: this.#step, counts: Object.fromEntries(this.#counts) };
  }

  loadState({ numRows, step, counts }: StateRecord): void {
    this.#numRows = Number(numRows ?? 0);
    this.#step = Number(step ?? -1);
    this.#counts = new Map(Object.entries((counts ?? {}) as Readonly<Record<string, number>>));
  }

  #next(name: string): number {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return count === 0 ? this.#step : Math.round(this.#step * STEPS_PER_UNIT + count) / STEPS_PER_UNIT;
  }
}

/** Where alerts stand. */
export const ALERTS = "alerts";

function seriesOf(record: RowRecord): readonly string[] {
  switch (record.kind) {
    case "scalars":
      return Object.keys(record.values);
    case "text":
    case "image":
      return [record.key];
    case "alert":
      return [ALERTS];
    case "file":
    case "summary":
    case "table":
      return [];
  }
}

import { AppendFile } from "@snapfit/logging/node";
import { rmSync } from "node:fs";
import { readLines } from "./json-lines.js";
import type { MetricsRow } from "./metrics-row.js";
import { replaceFile } from "./replace-file.js";

const rowColumns = ["row", "fit", "step", "epoch", "time", "key"] as const;
/** Rows that are written at once when the file is made anew. */
const BLOCK_ROWS = 1000;

/**
 * `metrics.csv`: the scalars of `metrics.jsonl` as a table, made anew from there when it is opened, when a value has a new name, and when rows were taken back.
 * It takes the place of the old one whole, so that a reader never finds a row of another width than the header's.
 */
export class MetricsCsv {
  readonly #path: string;
  readonly #source: string;
  #columns = new Set<string>();
  /** Undefined where the table could not be made. */
  #file: AppendFile | undefined;

  /** @param source path of the `metrics.jsonl` */
  constructor(path: string, source: string) {
    this.#path = path;
    this.#source = source;
    this.rebuild();
  }

  /** Adds a row that stands in the source by now. */
  add(row: MetricsRow): void {
    if (this.#file === undefined || Object.keys(row.values!).some((name) => !this.#columns.has(name))) this.rebuild();
    else this.#file.append(Buffer.from(this.#line(row)));
  }

  rebuild(): void {
    this.#columns = new Set(rowColumns);
    for (const { values } of this.#rows()) for (const name in values) this.#columns.add(name);
    this.close();
    const temporary = `${this.#path}.new`;
    rmSync(temporary, { force: true });
    const file = new AppendFile(temporary);
    try {
      let block = `${[...this.#columns].map(cell).join(",")}\n`;
      let numRows = 0;
      for (const row of this.#rows()) {
        block += this.#line(row);
        if (++numRows % BLOCK_ROWS > 0) continue;
        file.append(Buffer.from(block));
        block = "";
      }
      file.append(Buffer.from(block));
    } finally {
      file.close();
    }
    replaceFile(temporary, this.#path);
    this.#file = new AppendFile(this.#path);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  *#rows(): Generator<MetricsRow, void> {
    for (const { text } of readLines(this.#source)) if (text.includes('"kind":"scalars"')) yield JSON.parse(text) as MetricsRow;
  }

  #line(row: MetricsRow): string {
    let line = `${row.row},${row.fit},${row.step},${row.epoch},${row.time},${cell(row.key)}`;
    let left = rowColumns.length;
    for (const column of this.#columns) {
      if (left-- > 0) continue;
      line += `,${row.values?.[column] ?? ""}`;
    }
    return `${line}\n`;
  }
}

/** @see RFC 4180 */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

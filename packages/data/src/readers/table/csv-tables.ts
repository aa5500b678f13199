import { nearestName, SnapfitError } from "@snapfit/base";
import { CsvRecords, type CsvRecord } from "./csv-records.js";
import type { CsvOptions } from "./parse-csv.js";
import { readColumn, tableOf, type Table, type TableColumn, type TableColumns } from "./read-column.js";

/** Makes tables of CSV text that comes in pieces. */
export class CsvTables<Columns extends TableColumns> {
  readonly #options: CsvOptions<Columns>;
  readonly #file: string;
  readonly #records: CsvRecords;
  #header: readonly string[] | undefined;
  /** Places of the columns that are read, in their order. */
  #indices: readonly number[] = [];
  #rows: CsvRecord[] = [];
  #isAtStart = true;

  constructor(options: CsvOptions<Columns>, file: string) {
    this.#options = options;
    this.#file = file;
    this.#records = new CsvRecords(options.delimiter ?? ",", file);
  }

  /** The line that is being read. */
  get line(): number {
    return this.#records.line;
  }

  get numRows(): number {
    return this.#rows.length;
  }

  push(text: string): void {
    this.#add(this.#records.push(this.#isAtStart ? text.replace(/^\ufeff/, "") : text));
    if (text !== "") this.#isAtStart = false;
  }

  end(): void {
    this.#add(this.#records.end());
    if (!this.#header) throw this.#malformed(1, "there is no header. The first line holds the names of the columns.");
  }

  #add(records: readonly CsvRecord[]): void {
    for (const record of records) {
      const { fields, line } = record;
      if (!this.#header) {
        const header = fields.map((name) => name.trim());
        this.#header = header;
        if (header.every((name) => name === ""))
          throw this.#malformed(line, "there is no header. The first line holds the names of the columns.");
        this.#indices = Object.keys(this.#options.columns).map((name) => columnIndex(header, name, this.#file));
      } else if (fields.length === this.#header.length) this.#rows.push(record);
      // A blank line is one empty field: in a file of one column a missing value.
      else if (fields.length > 1 || fields[0]!.trim() !== "")
        throw this.#malformed(
          line,
          `there ${fields.length === 1 ? "is 1 field" : `are ${fields.length} fields`}, but the header has ${this.#header.length}: ${this.#header.join(", ").slice(0, 200)}.`,
        );
    }
  }

  #malformed(line: number, what: string): SnapfitError {
    return new SnapfitError("CSV_MALFORMED", `${this.#file}, line ${line}: ${what} Check the file and its delimiter.`);
  }

  /** The first `numRows` of the rows that were read and not yet taken. */
  take(numRows: number): Table<Columns> {
    const { columns, missing = ["", "NA"] } = this.#options;
    const rows = this.#rows.splice(0, numRows);
    const read = Object.entries<TableColumn>(columns).map(([name, kind], i) => {
      const index = this.#indices[i]!;
      const fault = (row: number, value: string, expected: string): never => {
        throw new SnapfitError(
          "CSV_VALUE",
          `${this.#file}, line ${rows[row]!.line}, column "${name}": ${JSON.stringify(value)} is not ${expected}. Correct the cell, or read the column in another way.`,
        );
      };
      const cells = rows.map(({ fields }) => fields[index]!);
      return [name, readColumn(cells, kind, missing, fault)] as const;
    });
    return tableOf(rows.length, read);
  }
}

function columnIndex(header: readonly string[], name: string, file: string): number {
  const index = header.indexOf(name);
  if (index >= 0 && header.lastIndexOf(name) === index) return index;
  const near = nearestName(name, header);
  const what =
    index >= 0
      ? `has the column "${name}" twice`
      : `has no column "${name}".${near === undefined ? "" : ` Did you mean "${near}"?`} Its header is ${header.join(", ").slice(0, 200)}`;
  throw new SnapfitError("CSV_COLUMN", `${file} ${what}. Each column that is read stands in the header once. Check the names.`);
}

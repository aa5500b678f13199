import { nearestName, SnapfitError } from "@snapfit/base";
import Papa from "papaparse";
import { readColumn, type CsvColumn, type CsvData } from "./csv-column.js";

/** Options of {@link parseCsv} and `readCsv`. */
export interface CsvOptions<Columns extends Readonly<Record<string, CsvColumn>>> {
  /**
   * The columns to read, by their name in the header; others are left out.
   * `"number"`: Float32Array, missing values are NaN. `"integer"`: Int32Array, missing values are an error. `"string"`: the text as it is.
   * `"category"`: Int32Array of class indices, classes sorted by name, missing values are -1; a list of names fixes classes and order.
   */
  readonly columns: Columns;
  /** Cells that hold no value, after blanks around them are cut off. @default ["", "NA"] */
  readonly missing?: readonly string[];
  /** What stands between fields. @default "," */
  readonly delimiter?: string;
}

/** What {@link parseCsv} gives. `columns` can be passed on to `arrays()`. */
export interface CsvTable<Columns extends Readonly<Record<string, CsvColumn>>> {
  readonly numRows: number;
  readonly columns: { readonly [Name in keyof Columns]: CsvData<Columns[Name]> };
  /** Class names of each category, in order of their indices. */
  readonly categories: {
    readonly [Name in keyof Columns as Columns[Name] extends "number" | "integer" | "string" ? never : Name]: readonly string[];
  };
}

/**
 * Typed columns of CSV text with a header. Fields may be quoted and hold line breaks; blank lines are left out; a byte order mark is too.
 * @param file name of the file, for messages.
 * @throws SnapfitError `CSV_MALFORMED` (no header, quotes, number of fields), `CSV_COLUMN` (not in the header, or twice), `CSV_VALUE`; with file, line, column, value and what was expected.
 */
export function parseCsv<const Columns extends Readonly<Record<string, CsvColumn>>>(
  text: string,
  options: CsvOptions<Columns>,
  file = "CSV text",
): CsvTable<Columns> {
  const { columns, missing = ["", "NA"], delimiter = "," } = options;
  if ((Papa.BAD_DELIMITERS as readonly string[]).includes(delimiter) || delimiter === "") {
    throw new SnapfitError(
      "CSV_MALFORMED",
      `parseCsv() cannot take ${JSON.stringify(delimiter)} as the delimiter. It is a character such as "," or ";" or a tab. Change the option.`,
    );
  }
  const { header, rows, lineOf } = readRows(text.replace(/^\ufeff/, ""), delimiter, file);
  const read = Object.entries<CsvColumn>(columns).map(([name, kind]) => {
    const index = columnIndex(header, name, file);
    const fault = (row: number, value: string, expected: string): never => {
      throw new SnapfitError(
        "CSV_VALUE",
        `${file}, line ${lineOf(row)}, column "${name}": ${JSON.stringify(value)} is not ${expected}. Correct the cell, or read the column in another way.`,
      );
    };
    return [
      name,
      readColumn(
        rows.map((row) => row[index]!),
        kind,
        missing,
        fault,
      ),
    ] as const;
  });
  return {
    numRows: rows.length,
    columns: Object.fromEntries(read.map(([name, { data }]) => [name, data])),
    categories: Object.fromEntries(read.filter(([, { categories }]) => categories).map(([name, { categories }]) => [name, categories])),
  } as unknown as CsvTable<Columns>;
}

interface Rows {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Line of the text, from 1, on which a data row begins. */
  lineOf(row: number): number;
}

function readRows(text: string, delimiter: string, file: string): Rows {
  const { data, errors } = Papa.parse<string[]>(text, { delimiter });
  const malformed = (row: number, what: string): SnapfitError =>
    new SnapfitError("CSV_MALFORMED", `${file}, line ${lineOfRecord(text, delimiter, row)}: ${what} Check the file and its delimiter.`);
  const fault = errors[0];
  if (fault) throw malformed(fault.row ?? 0, `${fault.message}. Quotes within a quoted field are written twice.`);
  const header = data[0]?.map((name) => name.trim()) ?? [];
  if (header.every((name) => name === "")) throw malformed(0, "there is no header. The first line holds the names of the columns.");
  // A blank line is one empty field: in a file of one column a missing value, unless it only ends the file.
  const isBlank = (row: readonly string[], i: number): boolean =>
    row.length === 1 && row[0]!.trim() === "" && (header.length > 1 || i === data.length - 1);
  const records = data.map((row, i) => ({ row, i })).filter(({ row, i }) => i > 0 && !isBlank(row, i));
  for (const { row, i } of records) {
    if (row.length !== header.length)
      throw malformed(i, `there are ${row.length} fields, but the header has ${header.length}: ${header.join(", ").slice(0, 200)}.`);
  }
  return { header, rows: records.map(({ row }) => row), lineOf: (row) => lineOfRecord(text, delimiter, records[row]!.i) };
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

/** The line on which record `index` begins. Parses the text again up to there, which only an error needs. */
function lineOfRecord(text: string, delimiter: string, index: number): number {
  if (index === 0) return 1;
  const { cursor } = Papa.parse<string[]>(text, { delimiter, preview: index }).meta;
  return 1 + (text.slice(0, cursor).match(/\r\n|\n|\r/g)?.length ?? 0);
}

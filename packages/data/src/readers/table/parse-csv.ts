import { checkOption } from "@snapfit/base";
import { CsvTables } from "./csv-tables.js";
import type { Table, TableColumns } from "./read-column.js";
import { checkTableOptions, csvChecks } from "./table-options.js";

/** Options of {@link parseCsv} and of all that reads CSV. */
export interface CsvOptions<Columns extends TableColumns> {
  /** The columns to read, by their name in the header; others are left out. */
  readonly columns: Columns;
  /** Cells that hold no value, after blanks around them are cut off. @default ["", "NA"] */
  readonly missing?: readonly string[];
  /** The character that stands between fields. @default "," */
  readonly delimiter?: string;
}

/**
 * Typed columns of CSV text with a header. Fields may be quoted and hold line breaks; blank lines are left out; a byte order mark is too.
 * @param file name of the file, for messages.
 * @throws SnapfitError `CSV_MALFORMED` (no header, quotes, number of fields, a NUL), `CSV_COLUMN` (not in the header, or twice), `CSV_VALUE`, `OPTION_UNKNOWN`, `OPTION_INVALID`; with file, line, column, value and what was expected.
 */
export function parseCsv<const Columns extends TableColumns>(
  text: string,
  options: CsvOptions<Columns>,
  file = "CSV text",
): Table<Columns> {
  checkOption("parseCsv()", "text", text, ["a string; bytes go through parseCsvStream()", (value) => typeof value === "string"]);
  checkTableOptions("parseCsv()", options, csvChecks);
  const tables = new CsvTables(options, file);
  tables.push(text);
  tables.end();
  return tables.take(Infinity);
}

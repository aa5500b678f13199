import { SnapfitError } from "@snapfit/base";
import { decodeText, type TextChunks, type TextEncoding } from "../text/decode-text.js";
import { CsvTables } from "./csv-tables.js";
import type { CsvOptions } from "./parse-csv.js";
import type { Table, TableColumn, TableColumns } from "./read-column.js";
import { checkTableOptions, csvStreamChecks } from "./table-options.js";

/** Columns of a table that comes in parts: the classes of a category must be known, so they are given. */
export type StreamColumns = Readonly<Record<string, Exclude<TableColumn, "category">>>;

/** Options of {@link parseCsvStream} and `streamCsv`. */
export interface CsvStreamOptions<Columns extends StreamColumns> extends CsvOptions<Columns> {
  /** Rows of each table but the last. @default 10 000 */
  readonly chunkRows?: number;
  /** How characters are stored. A byte order mark has the last word. @default "utf-8" */
  readonly encoding?: TextEncoding;
}

/**
 * The tables of `chunkRows` rows in CSV text that comes in pieces, such as the body of a response. It needs the memory of one table, one piece and one record.
 * @param file name of the file, for messages.
 * @throws SnapfitError as `parseCsv`, where the reading has come to; `CSV_MALFORMED` for bytes that are no text too.
 */
export async function* parseCsvStream<const Columns extends StreamColumns>(
  chunks: TextChunks,
  options: CsvStreamOptions<Columns>,
  file = "CSV text",
): AsyncGenerator<Table<Columns>, void, undefined> {
  checkStreamOptions("parseCsvStream()", options, file);
  yield* readTables(chunks, options, file);
}

/** The tables, of options that were checked. */
export async function* readTables<Columns extends StreamColumns>(
  chunks: TextChunks,
  options: CsvStreamOptions<Columns>,
  file: string,
): AsyncGenerator<Table<Columns>, void, undefined> {
  const { chunkRows = 10_000, encoding } = options;
  const tables = new CsvTables(options, file);
  for await (const text of csvTexts(chunks, encoding, tables, file)) {
    tables.push(text);
    while (tables.numRows >= chunkRows) yield tables.take(chunkRows);
  }
  tables.end();
  if (tables.numRows > 0) yield tables.take(chunkRows);
}

/** @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`, `CSV_COLUMN` */
export function checkStreamOptions(owner: string, options: CsvStreamOptions<StreamColumns>, file: string): void {
  checkTableOptions(owner, options, csvStreamChecks);
  const open = Object.entries<TableColumn>(options.columns).find(([, kind]) => kind === "category");
  if (open)
    throw new SnapfitError(
      "CSV_COLUMN",
      `The classes of "${open[0]}" in ${file} are not known before its end, so tables before that cannot have indices. Give the names of the classes as a list.`,
    );
}

/** The characters of CSV, for `tables`, which know the line of what is none. @throws SnapfitError `CSV_MALFORMED` */
export function csvTexts<Columns extends TableColumns>(
  chunks: TextChunks,
  encoding: TextEncoding = "utf-8",
  tables: CsvTables<Columns>,
  file: string,
): AsyncIterable<string> {
  return decodeText(chunks, encoding, (name, cause) => {
    const what = `there are bytes that are not ${name} text. Give \`encoding\`, or convert the file.`;
    return new SnapfitError("CSV_MALFORMED", `${file}, line ${tables.line}: ${what}`, { cause });
  });
}

import { CsvTables } from "../readers/table/csv-tables.js";
import { checkStreamOptions, csvTexts, readTables, type CsvStreamOptions, type StreamColumns } from "../readers/table/parse-csv-stream.js";
import type { CsvOptions } from "../readers/table/parse-csv.js";
import type { Table, TableColumns } from "../readers/table/read-column.js";
import { checkTableOptions, csvFileChecks } from "../readers/table/table-options.js";
import type { TextEncoding } from "../readers/text/decode-text.js";
import { readChunks } from "./read-chunks.js";

/** Options of {@link readCsv}. */
export interface CsvFileOptions<Columns extends TableColumns> extends CsvOptions<Columns> {
  /** How characters are stored. A byte order mark has the last word. @default "utf-8" */
  readonly encoding?: TextEncoding;
}

/**
 * Typed columns of a CSV file.
 * @throws SnapfitError as `parseCsv`; `CSV_MALFORMED` for bytes that are no text too; and those of reading a file (`NOT_FOUND`, …).
 *
 * @example
 * ```ts no-run
 * const { columns, categories } = await readCsv("penguins.csv", { columns: { species: "category", body_mass_g: "number" } });
 * console.log(columns.body_mass_g, categories.species);
 * ```
 */
export async function readCsv<const Columns extends TableColumns>(path: string, options: CsvFileOptions<Columns>): Promise<Table<Columns>> {
  checkTableOptions("readCsv()", options, csvFileChecks);
  const tables = new CsvTables(options, path);
  for await (const text of csvTexts(readChunks(path), options.encoding, tables, path)) tables.push(text);
  tables.end();
  return tables.take(Infinity);
}

/**
 * A CSV file in tables of `chunkRows` rows, for files that are larger than memory. Each iteration reads the file anew.
 * @throws SnapfitError of wrong options at once; else as `readCsv`, where the reading has come to.
 *
 * @example
 * ```ts no-run
 * for await (const { numRows, columns } of streamCsv("clicks.csv", { columns: { seconds: "number", button: ["left", "right"] } })) {
 *   console.log(numRows, columns.seconds.length);
 * }
 * ```
 */
export function streamCsv<const Columns extends StreamColumns>(
  path: string,
  options: CsvStreamOptions<Columns>,
): AsyncIterable<Table<Columns>> {
  checkStreamOptions("streamCsv()", options, path);
  return { [Symbol.asyncIterator]: () => readTables(readChunks(path), options, path) };
}

import { anyObject, SnapfitError } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import type { Table, TableColumns } from "../readers/table/read-column.js";
import { checkTableOptions } from "../readers/table/table-options.js";
import { readTable, type ParquetFile } from "./parquet-table.js"; // apart: declarations that name hyparquet would not compile without it

/** Options of {@link readParquet}. */
export interface ParquetOptions<Columns extends TableColumns> {
  /** The columns to read, by name; others are left out, and not read from the disk. */
  readonly columns: Columns;
}

/**
 * Typed columns of a Parquet file: single values, packed with Snappy, gzip, Brotli or not (with Zstandard on Node 22.15 and later). Needs the package `hyparquet`.
 * Nulls become NaN in numbers and dates, -1 in categories, "" in strings, and are an error in integers and booleans.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; `PARQUET_MISSING` without `hyparquet`; `PARQUET_MALFORMED`; `PARQUET_COLUMN` if a column is not there, or holds lists or records; `PARQUET_VALUE` with the row; and those of reading a file (`NOT_FOUND`, …).
 *
 * @example
 * ```ts no-run
 * const { columns, categories } = await readParquet("clicks.parquet", { columns: { button: "category", seconds: "number", at: "date" } });
 * console.log(columns.seconds, categories.button);
 * ```
 */
export async function readParquet<const Columns extends TableColumns>(
  path: string,
  options: ParquetOptions<Columns>,
): Promise<Table<Columns>> {
  checkTableOptions("readParquet()", options, { columns: anyObject });
  const hyparquet = await import("hyparquet").catch((cause: unknown) => {
    throw new SnapfitError(
      "PARQUET_MISSING",
      "Parquet files are read by the package hyparquet, which is not installed. Run: npm install hyparquet",
      { cause },
    );
  });
  return readTable(hyparquet, await openFile(path), options.columns, path);
}

async function openFile(path: string): Promise<ParquetFile> {
  const storage = new DiskStorage();
  const found = await storage.stat(path);
  // Reading what is not there has the right error.
  const byteLength = found?.kind === "file" ? found.sizeBytes : (await storage.read(path)).length;
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = await storage.read(path, { offset: start, lengthBytes: end - start });
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    },
  };
}

import zlib from "node:zlib";
import type * as Hyparquet from "hyparquet";
import { nearestName, SnapfitError } from "@snapfit/base";
import { convertColumn } from "../readers/parquet/parquet-column.js";
import { readPageHeaders } from "../readers/parquet/parquet-pages.js";
import { tableOf, type Table, type TableColumn, type TableColumns } from "../readers/table/read-column.js";

/** A file whose parts are read when they are needed. */
export type ParquetFile = Hyparquet.AsyncBuffer & { slice(start: number, end?: number): Promise<ArrayBuffer> };

/** The columns of a Parquet file that is open. @param path for messages. */
export async function readTable<const Columns extends TableColumns>(
  hyparquet: typeof Hyparquet,
  file: ParquetFile,
  columns: Columns,
  path: string,
): Promise<Table<Columns>> {
  const { numRows, values } = await readColumns(hyparquet, file, Object.keys(columns), path);
  const read = Object.entries<TableColumn>(columns).map(([name, kind]) => {
    const fault = (row: number, value: unknown, expected: string): never => {
      throw new SnapfitError(
        "PARQUET_VALUE",
        `${path}, row ${row + 1}, column "${name}": ${show(value)} is not ${expected}. Read the column in another way, or correct it.`,
      );
    };
    return [name, convertColumn(values.get(name)!, kind, fault)] as const;
  });
  return tableOf(numRows, read);
}

function show(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : value instanceof Date
      ? "a date"
      : value instanceof Uint8Array
        ? `${value.length} bytes`
        : typeof value === "object" && value !== null
          ? "a list or record"
          : String(value);
}

/** Of a Parquet file: its mark at both ends, and how long the description before the second one is. */
const LEAST_BYTES = 12;

async function readColumns(
  hyparquet: typeof Hyparquet,
  file: ParquetFile,
  names: string[],
  path: string,
): Promise<{ readonly numRows: number; readonly values: ReadonlyMap<string, readonly unknown[]> }> {
  try {
    if (file.byteLength < LEAST_BYTES) throw new Error(`it has ${file.byteLength} bytes, but at least ${LEAST_BYTES} are expected`);
    const metadata = await hyparquet.parquetMetadataAsync(file);
    checkColumns(hyparquet.parquetSchema(metadata), names, path);
    const numRows = await checkPages(metadata, file, names);
    const values = new Map(names.map((name) => [name, new Array<unknown>(numRows)]));
    const counts = new Map(names.map((name) => [name, 0]));
    const onChunk = ({ columnName, columnData, rowStart }: Hyparquet.ColumnData): void => {
      const column = values.get(columnName)!;
      for (let i = 0; i < columnData.length; i++) column[rowStart + i] = columnData[i];
      counts.set(columnName, counts.get(columnName)! + columnData.length);
    };
    if (names.length > 0) await hyparquet.parquetRead({ file, metadata, columns: names, compressors, utf8: false, onChunk });
    for (const [name, count] of counts)
      if (count !== numRows) throw new Error(`there are ${count} values of "${name}", but ${numRows} rows`);
    return { numRows, values };
  } catch (cause) {
    if (cause instanceof SnapfitError) throw cause;
    throw new SnapfitError(
      "PARQUET_MALFORMED",
      `${path} cannot be read as Parquet: ${(cause as Error).message}. Write the file again, packed with Snappy or gzip.`,
      { cause },
    );
  }
}

function checkColumns({ children }: Hyparquet.SchemaTree, names: readonly string[], path: string): void {
  const all = children.map(({ element }) => element.name);
  for (const name of names) {
    const found = children.filter(({ element }) => element.name === name);
    const near = nearestName(name, all);
    if (found.length !== 1)
      throw new SnapfitError(
        "PARQUET_COLUMN",
        `${path} has ${found.length === 0 ? "no" : found.length} columns "${name}".${near === undefined || found.length > 0 ? "" : ` Did you mean "${near}"?`} Its columns are ${all.join(", ").slice(0, 200)}. Check the names.`,
      );
    if (found[0]!.children.length > 0 || found[0]!.element.repetition_type === "REPEATED")
      throw new SnapfitError(
        "PARQUET_COLUMN",
        `The column "${name}" of ${path} holds lists or records, but single values are read. Write it in columns of its own.`,
      );
  }
}

/** Bytes that one packed byte can become; what unpacks Brotli and Zstandard makes room as it goes. */
const MOST_UNPACKED: Partial<Record<Hyparquet.CompressionCodec, number>> = {
  UNCOMPRESSED: 1,
  SNAPPY: 64,
  GZIP: 1032,
  LZ4: 255,
  LZ4_RAW: 255,
};

/** Holds the pages to what the metadata says, before room is made for what they promise. @returns the number of rows. */
async function checkPages(metadata: Hyparquet.FileMetaData, file: ParquetFile, names: readonly string[]): Promise<number> {
  let numRows = 0;
  for (const group of metadata.row_groups) {
    const groupRows = Number(group.num_rows);
    if (!(groupRows >= 0)) throw new Error(`a group has ${groupRows} rows`);
    numRows += groupRows;
    for (const { meta_data: column } of group.columns) {
      if (!column || !names.includes(column.path_in_schema[0]!)) continue;
      const start = Number(column.dictionary_page_offset ?? 0) || Number(column.data_page_offset);
      const end = start + Number(column.total_compressed_size);
      if (!(start >= 0 && end >= start && end <= file.byteLength))
        throw new Error(`the column "${column.path_in_schema[0]}" lies beyond the end of the file`);
      let numValues = 0;
      for (const page of readPageHeaders(new Uint8Array(await file.slice(start, end)))) {
        if (page.sizeBytes > page.packedBytes * (MOST_UNPACKED[column.codec] ?? Infinity))
          throw new Error("a page promises more bytes than it can hold");
        if (page.kind === "dictionary" && page.numValues > page.sizeBytes)
          throw new Error("a dictionary promises more values than it can hold");
        if (page.kind === "data") numValues += page.numValues;
      }
      if (numValues !== groupRows)
        throw new Error(`there are ${numValues} values of "${column.path_in_schema[0]}" in a group of ${groupRows} rows`);
    }
  }
  if (numRows !== Number(metadata.num_rows)) throw new Error(`the groups have ${numRows} rows, but the file has ${metadata.num_rows}`);
  return numRows;
}

type Unpack = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;

/** Node's own; Zstandard came later than the others. */
const { gunzipSync, brotliDecompressSync, zstdDecompressSync } = zlib as unknown as Readonly<
  Record<"gunzipSync" | "brotliDecompressSync", Unpack>
> & {
  readonly zstdDecompressSync?: Unpack;
};

const compressors: Hyparquet.Compressors = {
  GZIP: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  BROTLI: (bytes, maxOutputLength) => brotliDecompressSync(bytes, { maxOutputLength }),
  ...(zstdDecompressSync && { ZSTD: (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }) }),
};

import type { HostTensor } from "@snapfit/base";
import { readDate } from "./read-date.js";

/**
 * How a column of a table is read. `"number"`: Float32Array, missing values are NaN. `"integer"`: Int32Array, missing values are an error. `"boolean"`: true and false, yes and no
 * or 1 and 0 in any case, missing values are an error. `"date"`: ISO 8601 dates and times as milliseconds since 1970 in UTC, missing values are NaN. `"string"`: the text as it is.
 * `"category"`: class indices, classes sorted by name, missing values are -1; a list of names fixes classes and order.
 */
export type TableColumn = "number" | "integer" | "boolean" | "date" | "string" | "category" | readonly string[];

/** What a column becomes: class indices for categories. All but dates can be passed on to `arrays()`. */
export type ColumnData<Kind extends TableColumn> = Kind extends "number"
  ? Float32Array
  : Kind extends "boolean"
    ? HostTensor<1, "bool">
    : Kind extends "date"
      ? Float64Array
      : Kind extends "string"
        ? string[]
        : Int32Array;

/** Columns of a table by name. */
export type TableColumns = Readonly<Record<string, TableColumn>>;

/** A table, or a part of one. */
export interface Table<Columns extends TableColumns> {
  readonly numRows: number;
  readonly columns: { readonly [Name in keyof Columns]: ColumnData<Columns[Name]> };
  /** Class names of each category, in order of their indices. */
  readonly categories: {
    readonly [Name in keyof Columns as Columns[Name] extends "category" | readonly string[] ? Name : never]: readonly string[];
  };
}

/** The values of a column, and the class names if it is a category. */
export interface ReadColumn {
  readonly data: ColumnData<TableColumn>;
  readonly categories?: readonly string[];
}

/** The table of columns that were read. */
export function tableOf<Columns extends TableColumns>(numRows: number, read: readonly (readonly [string, ReadColumn])[]): Table<Columns> {
  const table = {
    numRows,
    columns: Object.fromEntries(read.map(([name, { data }]) => [name, data])),
    categories: Object.fromEntries(read.flatMap(([name, { categories }]) => (categories ? [[name, categories]] : []))),
  };
  // The compiler cannot follow Object.fromEntries over mapped types; the tests of types hold it.
  return table as unknown as Table<Columns>;
}

/** Tells where and why a cell cannot be read; never returns. */
export type CellFault = (row: number, value: string, expected: string) => never;

/** Reads the cells of a column, top to bottom. @param missing cells that hold no value. */
export function readColumn(cells: readonly string[], kind: TableColumn, missing: readonly string[], fault: CellFault): ReadColumn {
  if (kind === "string") return { data: [...cells] };
  const trimmed = cells.map((cell) => cell.trim());
  if (kind === "number")
    return { data: Float32Array.from(trimmed, (cell, row) => (missing.includes(cell) ? NaN : readNumber(cell, row, fault))) };
  if (kind === "integer") return { data: Int32Array.from(trimmed, (cell, row) => readInteger(cell, row, missing, fault)) };
  if (kind === "date")
    return { data: Float64Array.from(trimmed, (cell, row) => (missing.includes(cell) ? NaN : (readDate(cell) ?? fault(row, cell, DATE)))) };
  if (kind === "boolean") {
    const data = Uint8Array.from(trimmed, (cell, row) => readBoolean(cell, row, missing, fault));
    return { data: { dtype: "bool", shape: [data.length], data } };
  }
  return readCategory(trimmed, kind, missing, fault);
}

const DATE = "a date such as 2026-03-31, 2026-03-31T18:05 or 2026-03-31 18:05:00.5+02:00, or one of the missing values";

function readNumber(cell: string, row: number, fault: CellFault): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : NaN;
  return Number.isFinite(Math.fround(value))
    ? value
    : fault(row, cell, "a number within float32, written with a decimal point, or one of the missing values");
}

function readInteger(cell: string, row: number, missing: readonly string[], fault: CellFault): number {
  if (missing.includes(cell))
    return fault(row, cell, 'an integer; a column with missing values is read as "number", where they become NaN');
  const value = /^[+-]?\d+$/.test(cell) ? Number(cell) : NaN;
  return value === (value | 0) ? value | 0 : fault(row, cell, "an integer from -2147483648 to 2147483647");
}

function readBoolean(cell: string, row: number, missing: readonly string[], fault: CellFault): number {
  const value = { true: 1, yes: 1, "1": 1, false: 0, no: 0, "0": 0 }[cell.toLowerCase()];
  if (value !== undefined) return value;
  const expected = "true or false, yes or no, 1 or 0";
  return fault(
    row,
    cell,
    missing.includes(cell) ? `${expected}; a column with missing values is read as a category, where they become -1` : expected,
  );
}

function readCategory(
  cells: readonly string[],
  kind: "category" | readonly string[],
  missing: readonly string[],
  fault: CellFault,
): ReadColumn {
  const categories = kind === "category" ? [...new Set(cells)].filter((cell) => !missing.includes(cell)).sort() : kind;
  const indices = new Map(categories.map((name, index) => [name, index]));
  const data = Int32Array.from(
    cells,
    (cell, row) => indices.get(cell) ?? (missing.includes(cell) ? -1 : fault(row, cell, `one of ${categories.join(", ")}`)),
  );
  return { data, categories };
}

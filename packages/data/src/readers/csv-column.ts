/** How a CSV column is read: see `parseCsv`. A list of names is a category with these classes in this order. */
export type CsvColumn = "number" | "integer" | "string" | "category" | readonly string[];

/** What a column becomes: class indices for categories. */
export type CsvData<Kind extends CsvColumn> = Kind extends "number" ? Float32Array : Kind extends "string" ? string[] : Int32Array;

/** The values of a column, and the class names if it is a category. */
export interface ReadColumn {
  readonly data: Float32Array | Int32Array | string[];
  readonly categories?: readonly string[];
}

/** Tells where and why a cell cannot be read; never returns. */
export type CellFault = (row: number, value: string, expected: string) => never;

/** Reads the cells of a column, top to bottom. @param missing cells that hold no value. */
export function readColumn(cells: readonly string[], kind: CsvColumn, missing: readonly string[], fault: CellFault): ReadColumn {
  if (kind === "string") return { data: [...cells] };
  const trimmed = cells.map((cell) => cell.trim());
  if (kind === "number")
    return { data: Float32Array.from(trimmed, (cell, row) => (missing.includes(cell) ? NaN : readNumber(cell, row, fault))) };
  if (kind === "integer") return { data: Int32Array.from(trimmed, (cell, row) => readInteger(cell, row, missing, fault)) };
  return readCategory(trimmed, kind, missing, fault);
}

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

import type { ReadColumn, TableColumn } from "../table/read-column.js";

/** Tells where and why a value cannot be read; never returns. */
export type ValueFault = (row: number, value: unknown, expected: string) => never;

/** Values of a Parquet column as what is asked for; null and undefined are missing. */
export function convertColumn(values: readonly unknown[], kind: TableColumn, fault: ValueFault): ReadColumn {
  const isMissing = (value: unknown): boolean => value === null || value === undefined;
  switch (kind) {
    case "number":
      return { data: Float32Array.from(values, (value, row) => (isMissing(value) ? NaN : readNumber(value, row, fault))) };
    case "integer":
      return { data: Int32Array.from(values, (value, row) => readInteger(value, row, fault)) };
    case "date":
      return {
        data: Float64Array.from(values, (value, row) =>
          isMissing(value) ? NaN : value instanceof Date ? value.getTime() : fault(row, value, "a date or a time"),
        ),
      };
    case "boolean": {
      const data = Uint8Array.from(values, (value, row) =>
        typeof value === "boolean" ? Number(value) : fault(row, value, "true or false"),
      );
      return { data: { dtype: "bool", shape: [data.length], data } };
    }
    case "string":
      return { data: values.map((value, row) => (isMissing(value) ? "" : readName(value, row, fault))) };
    case "category":
    default:
      return readCategory(
        values.map((value, row) => (isMissing(value) ? undefined : readName(value, row, fault))),
        kind,
        fault,
      );
  }
}

function readNumber(value: unknown, row: number, fault: ValueFault): number {
  const number = typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
  // Infinity and NaN may stand in the file; what becomes infinite only here is an error.
  if (number === undefined || (Number.isFinite(number) && !Number.isFinite(Math.fround(number))))
    return fault(row, value, "a number within float32");
  return number;
}

function readInteger(value: unknown, row: number, fault: ValueFault): number {
  const number = typeof value === "number" || typeof value === "bigint" ? Number(value) : NaN;
  return number === (number | 0)
    ? number | 0
    : fault(row, value, 'an integer from -2147483648 to 2147483647; a column with missing values is read as "number"');
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function readName(value: unknown, row: number, fault: ValueFault): string {
  if (value instanceof Uint8Array) {
    try {
      return utf8.decode(value); // old writers did not say that bytes are text
    } catch {
      return fault(row, value, "a text in UTF-8");
    }
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"
    ? String(value)
    : fault(row, value, "a text");
}

function readCategory(names: readonly (string | undefined)[], kind: "category" | readonly string[], fault: ValueFault): ReadColumn {
  const categories = kind === "category" ? [...new Set(names)].filter((name) => name !== undefined).sort() : kind;
  const indices = new Map(categories.map((name, index) => [name, index]));
  const data = Int32Array.from(names, (name, row) =>
    name === undefined ? -1 : (indices.get(name) ?? fault(row, name, `one of ${categories.join(", ")}`)),
  );
  return { data, categories };
}

import { isHostTensor, nearestName, shown, SnapfitError, type HostTensor } from "@snapfit/base";
import { isRecord } from "../nested-arrays.js";
import type { BatchAccess } from "../random-access.js";
import type { OneLess } from "../ranks.js";

/** A column of {@link arrays}: samples in the first dimension. */
export type Column = HostTensor | Float32Array | Int32Array | Uint8Array | readonly string[];

/** The batches of columns: ranks and dtypes stay as they are, a plain typed array has rank 1. */
export type ColumnsBatch<Columns> = {
  readonly [Name in keyof Columns]: Columns[Name] extends HostTensor<infer Rank, infer DType>
    ? HostTensor<Rank, DType>
    : Columns[Name] extends Float32Array
      ? HostTensor<1, "float32">
      : Columns[Name] extends Int32Array
        ? HostTensor<1, "int32">
        : Columns[Name] extends Uint8Array
          ? HostTensor<1, "uint8">
          : string[];
};

/** One sample of columns: ranks are one less than the column's. */
export type ColumnsSample<Columns> = {
  readonly [Name in keyof Columns]: ColumnsBatch<Columns>[Name] extends HostTensor<infer Rank, infer DType>
    ? HostTensor<OneLess<Rank>, DType>
    : string;
};

/** What {@link arrays} makes: `columns` are the arrays as given. */
export interface ArraySet<Columns> extends BatchAccess<ColumnsSample<Columns>, ColumnsBatch<Columns>> {
  readonly columns: Columns;
}

/**
 * A set of samples in memory, from arrays whose first dimension counts the samples: host tensors, typed arrays, or arrays of strings.
 * Keeps the arrays, does not copy them; samples and batches are copies.
 * @throws SnapfitError `DATA_SET` if the columns are of different lengths, or none.
 *
 * @example
 * const set = arrays({ points: new Float32Array(600), labels: new Int32Array(600) });
 * console.log(set.length); // 600
 */
export function arrays<const Columns extends Readonly<Record<string, Column>>>(columns: Columns): ArraySet<Columns> {
  if (!isRecord(columns) || isHostTensor(columns))
    throw new SnapfitError(
      "DATA_SET",
      `arrays() got ${isHostTensor(columns) ? "a host tensor" : Array.isArray(columns) ? "a list" : shown(columns)} in place of columns by name. Pass { images, labels } or the like.`,
    );
  const readers = Object.entries(columns).map(([name, column]) => [name, rowReader(name, column)] as const);
  const [first] = readers;
  if (!first) throw new SnapfitError("DATA_SET", "arrays() got no columns. A set has at least one. Pass { images, labels } or the like.");
  const length = first[1].length;
  for (const [name, reader] of readers) {
    if (reader.length === length) continue;
    throw new SnapfitError(
      "DATA_SET",
      `arrays() got ${length} samples in "${first[0]}", but ${reader.length} in "${name}". All columns have the same samples in their first dimension. Check the shapes.`,
    );
  }
  const gather = (indices: ArrayLike<number>): Record<string, unknown> =>
    Object.fromEntries(readers.map(([name, reader]) => [name, reader.gather(indices)]));
  const set = {
    columns,
    length,
    gather,
    at(index: number): Record<string, unknown> {
      if (!Number.isInteger(index) || index < 0 || index >= length)
        throw new SnapfitError("DATA_SET", `Sample ${index} does not exist. The set has samples 0 to ${length - 1}. Check the index.`);
      return Object.fromEntries(readers.map(([name, reader]) => [name, reader.at(index)]));
    },
  };
  // The compiler cannot follow Object.fromEntries over mapped types; the tests of types hold it.
  return set as unknown as ArraySet<Columns>;
}

/** Copies rows out of one column. */
interface RowReader {
  readonly length: number;
  at(index: number): HostTensor | string;
  gather(indices: ArrayLike<number>): HostTensor | string[];
}

function rowReader(name: string, column: Column): RowReader {
  if (Array.isArray(column)) {
    const strings = column as readonly string[];
    return { length: strings.length, at: (index) => strings[index]!, gather: (indices) => Array.from(indices, (index) => strings[index]!) };
  }
  const tensor = isHostTensor(column) ? column : asTensor(name, column as Float32Array | Int32Array | Uint8Array);
  const [length, ...shape] = tensor.shape;
  if (length === undefined)
    throw new SnapfitError(
      "DATA_SET",
      `arrays() got a scalar as "${name}". The first dimension of a column counts the samples. Give it a shape of at least one dimension.`,
    );
  const rowLength = shape.reduce((product, size) => product * size, 1);
  const { data, dtype } = tensor;
  return {
    length,
    at: (index) => ({ dtype, shape, data: data.slice(index * rowLength, (index + 1) * rowLength) }),
    gather: (indices) => ({ dtype, shape: [indices.length, ...shape], data: gatherRows(data, indices, rowLength) }),
  };
}

function asTensor(name: string, data: Float32Array | Int32Array | Uint8Array): HostTensor {
  const dtypes = { Float32Array: "float32", Int32Array: "int32", Uint8Array: "uint8" } as const;
  const dtype = Object.entries(dtypes).find(([type]) => (data as object | null)?.constructor?.name === type)?.[1];
  if (!dtype) {
    const received = (data as object | null)?.constructor?.name ?? String(data);
    const near = nearestName(received, Object.keys(dtypes)) ?? "Float32Array";
    throw new SnapfitError(
      "DATA_SET",
      `arrays() got a ${received} as "${name}". A column is a HostTensor, a Float32Array, Int32Array or Uint8Array, or an array of strings. Convert it, for example to a ${near}.`,
    );
  }
  return { dtype, shape: [data.length], data };
}

/** Rows shorter than this are copied value by value: a view of each would cost more than it saves. */
const SHORT_ROW = 8;

function gatherRows<Data extends Float32Array | Int32Array | Uint8Array>(data: Data, indices: ArrayLike<number>, rowLength: number): Data {
  const rows = new (data.constructor as new (length: number) => Data)(indices.length * rowLength);
  for (let i = 0, out = 0; i < indices.length; i++) {
    const start = indices[i]! * rowLength;
    if (rowLength < SHORT_ROW) {
      for (let j = start; j < start + rowLength; j++) rows[out++] = data[j]!;
    } else {
      rows.set(data.subarray(start, start + rowLength), out);
      out += rowLength;
    }
  }
  return rows;
}

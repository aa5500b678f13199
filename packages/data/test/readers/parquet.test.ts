import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it, vi } from "vitest";
import { hostTensor, type HostTensor } from "@snapfit/base";
import { readParquet } from "@snapfit/data/node";
import { fixtureBytes, tableFixtures } from "./support/table-fixtures.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "snapfit-parquet-"))));
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): Promise<string> {
  const path = join(folder, "a.parquet");
  await writeFile(path, change(fixtureBytes(tableFixtures.parquet[name]!)));
  return path;
}

const fails = (code: string, message: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string });
const columns = {
  int8: "number",
  int64: "integer",
  uint32: "integer",
  float: "number",
  half: "number",
  decimal: "number",
  ok: "boolean",
  text: "string",
  class: "category",
  day: "date",
  time: "date",
  nano: "date",
} as const;
const times = [0, 1709251199999, NaN, -1, 1, 2];

describe("readParquet", () => {
  it.each([
    "snappy",
    "none",
    "gzip",
    "brotli",
    "groups",
    "version 2",
    "no dictionary",
    "delta",
    ...("zstdDecompressSync" in zlib ? ["zstd"] : []),
  ])("reads what PyArrow wrote: %s", async (name) => {
    const table = await readParquet(await file(name), { columns });
    expect(table).toEqual({
      numRows: 6,
      columns: {
        int8: Float32Array.of(1, -2, 3, NaN, 5, 127),
        int64: Int32Array.of(1, -2, 3, 4, 2147483647, -2147483648),
        uint32: Int32Array.of(0, 1, 2, 3, 4, 5),
        float: Float32Array.of(0.5, NaN, -1.25, Infinity, NaN, 1e-45),
        half: Float32Array.of(0.5, -2, 65504, 0, 1, 2),
        decimal: Float32Array.of(NaN, 1, 2, 3, 4, 5),
        ok: hostTensor(Uint8Array.of(1, 0, 1, 1, 0, 0), [6], "bool"),
        text: ["a", "ünï", "", "", "b", "a"],
        class: Int32Array.of(1, 2, -1, 1, 0, 2),
        day: Float64Array.of(0, 19782 * 86_400_000, NaN, -86_400_000, 86_400_000, 2 * 86_400_000),
        time: Float64Array.from(times),
        nano: Float64Array.from(times),
      },
      categories: { class: ["ape", "cat", "dog"] },
    });
    expectTypeOf(table.columns.ok).toEqualTypeOf<HostTensor<1, "bool">>();
    expectTypeOf(table.categories).toEqualTypeOf<{ readonly class: readonly string[] }>();
  });

  it("reads many repeated values, and no rows", async () => {
    const { columns: many } = await readParquet(await file("repeated"), { columns: { x: "integer" } });
    expect(many.x).toEqual(new Int32Array(100_000).fill(7));
    expect(await readParquet(await file("empty"), { columns: { x: "integer" } })).toEqual({
      numRows: 0,
      columns: { x: new Int32Array(0) },
      categories: {},
    });
    expect((await readParquet(await file("snappy"), { columns: {} })).numRows).toBe(6);
    const fixed = await readParquet(await file("snappy"), { columns: { class: ["dog", "cat", "ape"], uint32: "category" } });
    expect([[...fixed.columns.class], fixed.categories.uint32]).toEqual([
      [1, 0, -1, 1, 2, 0],
      ["0", "1", "2", "3", "4", "5"],
    ]);
  });

  it("names the row and value that cannot be read so", async () => {
    const path = await file("groups");
    const cases: [Parameters<typeof readParquet>[1]["columns"], string][] = [
      [{ int8: "integer" }, `${path}, row 4, column "int8": null is not an integer from -2147483648`],
      [{ maybe: "boolean" }, 'row 2, column "maybe": null is not true or false'],
      [{ text: "number" }, 'row 1, column "text": "a" is not a number within float32'],
      [{ double: "number" }, 'row 4, column "double": 1e+300 is not a number within float32'],
      [{ time: "string" }, 'row 1, column "time": a date is not a text'],
      [{ int64: "date" }, 'row 1, column "int64": 1 is not a date or a time'],
      [{ class: ["cat", "dog"] }, 'row 5, column "class": "ape" is not one of cat, dog'],
    ];
    for (const [wrong, message] of cases)
      await expect(readParquet(path, { columns: wrong })).rejects.toThrow(fails("PARQUET_VALUE", message));
  });

  it("takes bytes that nothing is said of as text, if they are", async () => {
    const path = await file("bytes");
    await expect(readParquet(path, { columns: { x: "string" } })).rejects.toThrow(
      fails("PARQUET_VALUE", 'row 2, column "x": 1 bytes is not a text in UTF-8.'),
    );
    await expect(readParquet(path, { columns: { x: ["é"] } })).rejects.toThrow(fails("PARQUET_VALUE", "row 2"));
    await expect(readParquet(path, { columns: { x: "number" } })).rejects.toThrow(fails("PARQUET_VALUE", "row 1"));
  });

  it("names columns that are not there or hold more than single values", async () => {
    const path = await file("snappy");
    await expect(readParquet(path, { columns: { clas: "category" } })).rejects.toThrow(
      fails("PARQUET_COLUMN", `${path} has no columns "clas". Did you mean "class"?`),
    );
    for (const name of ["list", "record"])
      await expect(readParquet(path, { columns: { [name]: "number" } })).rejects.toThrow(
        fails("PARQUET_COLUMN", `The column "${name}" of ${path} holds lists or records`),
      );
  });

  it("names damaged files", async () => {
    const read = async (name: string, change?: (bytes: Uint8Array) => Uint8Array): Promise<unknown> =>
      readParquet(await file(name, change), { columns });
    await expect(read("snappy", (bytes) => bytes.subarray(0, 1000))).rejects.toThrow(
      fails("PARQUET_MALFORMED", "a.parquet cannot be read as Parquet: parquet file invalid"),
    );
    for (const length of [0, 3])
      await expect(read("snappy", () => new Uint8Array(length))).rejects.toThrow(
        fails("PARQUET_MALFORMED", `a.parquet cannot be read as Parquet: it has ${length} bytes, but at least 12 are expected. Write`),
      );
    await expect(read("snappy", (bytes) => bytes.fill(0, 4, 200))).rejects.toMatchObject({ code: "PARQUET_MALFORMED" });
    if (!("zstdDecompressSync" in zlib))
      await expect(read("zstd")).rejects.toThrow(
        fails("PARQUET_MALFORMED", "unsupported compression codec: ZSTD. Write the file again, packed with Snappy or gzip."),
      );
    await expect(readParquet(join(folder, "none"), { columns })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("readParquet without hyparquet", () => {
  afterEach(() => vi.doUnmock("hyparquet"));

  it("says what to install", async () => {
    vi.doMock("hyparquet", () => {
      throw new Error("Cannot find package 'hyparquet'");
    });
    await expect(readParquet("a.parquet", { columns: {} })).rejects.toThrow(
      fails("PARQUET_MISSING", "which is not installed. Run: npm install hyparquet"),
    );
  });
});

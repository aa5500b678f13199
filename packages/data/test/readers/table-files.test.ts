import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, type HostTensor } from "@snapfit/base";
import { arrays, parseCsv, parseCsvStream, type Table } from "@snapfit/data";
import { readCsv, streamCsv } from "@snapfit/data/node";
import { fixtureBytes, pieces, tableFixtures } from "./support/table-fixtures.js";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "snapfit-tables-"))));
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

const fails = (code: string, message: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string });
const columns = { note: "string", mass: "number", count: "integer", ok: "boolean", day: "date", time: "date" } as const;
const { expected, files } = tableFixtures.csv;
const orNaN = (value: number | null): number => value ?? NaN;
const wanted: Table<typeof columns> = {
  numRows: 8,
  columns: {
    note: [...expected.note],
    mass: Float32Array.from(expected.mass, orNaN),
    count: Int32Array.from(expected.count),
    ok: hostTensor(Uint8Array.from(expected.ok, Number), [8], "bool") as HostTensor<1, "bool">,
    day: Float64Array.from(expected.day, orNaN),
    time: Float64Array.from(expected.time, orNaN),
  },
  categories: {},
};

describe("readCsv", () => {
  it.each(Object.entries(files))("reads what pandas wrote and read: %s", async (name, { encoding, file }) => {
    const table = await readCsv(await written("a.csv", fixtureBytes(file)), { columns, encoding });
    expect(table, name).toEqual(wanted);
  });

  it("reads dates and times of ISO 8601 that exist, in UTC unless they say otherwise", () => {
    const read = (text: string): number => parseCsv(`a,b\n${text},`, { columns: { a: "date" } }).columns.a[0]!;
    expectTypeOf(parseCsv("a,b", { columns: { a: "date", b: "boolean" } }).columns).toEqualTypeOf<{
      readonly a: Float64Array;
      readonly b: HostTensor<1, "bool">;
    }>();
    const same = ["2024-02-29", "2024-02-29T00:00", "2024-02-29 00:00:00Z", " 2024-02-28T23:00:00-01:00 ", "2024-02-29T05:30:00.000+0530"];
    for (const text of same) expect(read(text)).toBe(Date.UTC(2024, 1, 29));
    expect(read("2024-02-29T23:59:59.999")).toBe(Date.UTC(2024, 1, 29, 23, 59, 59, 999));
    expect(read("0001-01-01")).toBe(-62135596800000);
    expect([read(""), read("NA")]).toEqual([NaN, NaN]);
    for (const bad of [
      "2023-02-29",
      "2024-13-01",
      "2024-00-10",
      "2024-1-1",
      "24-01-01",
      "29.02.2024",
      "2024-02-29T24:00",
      "2024-02-29T10:60",
      "2024-02-29T10",
      "10:30",
      "1709164800",
      "x",
    ])
      expect(() => read(bad)).toThrow(fails("CSV_VALUE", `CSV text, line 2, column "a": "${bad}" is not a date such as 2026-03-31`));
  });

  it("reads booleans, and nothing else as booleans", async () => {
    const { ok } = parseCsv("ok\nTrue\nfalse\nYES\nno\n1\n 0 \n", { columns: { ok: "boolean" } }).columns;
    expect(ok).toEqual(hostTensor(Uint8Array.of(1, 0, 1, 0, 1, 0), [6], "bool"));
    expect((await arrays({ ok }).gather(Uint32Array.of(2))).ok).toEqual(hostTensor(Uint8Array.of(1), [1], "bool"));
    for (const bad of ["t", "2", "1.0", "on"])
      expect(() => parseCsv(`ok\n${bad}`, { columns: { ok: "boolean" } })).toThrow(
        fails("CSV_VALUE", `"${bad}" is not true or false, yes or no, 1 or 0.`),
      );
    expect(() => parseCsv("ok,b\nNA,", { columns: { ok: "boolean" } })).toThrow(
      "a column with missing values is read as a category, where they become -1",
    );
  });

  it("takes quoted fields as RFC 4180 has them, and names those that are not", () => {
    const read = (text: string): string[] => parseCsv(`a,b\n${text}`, { columns: { a: "string" } }).columns.a;
    expect(read('"",1\n"""",2\n"a""b",3\n"x,y",4\n"1\r\n2\n3\r4",5\n')).toEqual(["", '"', 'a"b', "x,y", "1\r\n2\n3\r4"]);
    expect(read('5" pipe,1\n a"b",2\n "c",3')).toEqual(['5" pipe', ' a"b"', ' "c"']);
    expect(() => read('ok,1\n"a"b,2')).toThrow(fails("CSV_MALFORMED", 'CSV text, line 3: a quoted field goes on with "b" after its end.'));
    expect(() => read('ok,1\n"a\nb,2\n')).toThrow(fails("CSV_MALFORMED", "CSV text, line 3: a quoted field has no end."));
    expect(() => read('"1\r\n2\n3\r4",5\nx,y,z')).toThrow(fails("CSV_MALFORMED", "line 6: there are 3 fields"));
    expect(() => parseCsv("a;;b", { columns: {}, delimiter: ";;" })).toThrow(fails("OPTION_INVALID", 'parseCsv() got delimiter: ";;".'));
    expect(() => read(`"${"x".repeat(1 << 24)}y",1`)).toThrow(fails("CSV_MALFORMED", "line 2: a record has more than 16777216 characters"));
  });

  it("names the line of a NUL and of bytes that are no text", async () => {
    expect(() => parseCsv("a,b\n1,2\n3\0,4", { columns: { a: "number" } }, "a.csv")).toThrow(
      fails("CSV_MALFORMED", "a.csv, line 3: there is a NUL character. The file may be UTF-16: give `encoding`, or it is damaged."),
    );
    const utf16 = await written("utf16.csv", Buffer.from("a,b\n1,2\n", "utf16le"));
    await expect(readCsv(utf16, { columns: { a: "number" } })).rejects.toThrow(fails("CSV_MALFORMED", `${utf16}, line 1: there is a NUL`));
    const latin = await written("latin.csv", Buffer.from("a,b\n1,2\ncaf\xe9,4\n", "latin1"));
    await expect(readCsv(latin, { columns: { a: "string" } })).rejects.toThrow(
      fails("CSV_MALFORMED", `${latin}, line 3: there are bytes that are not UTF-8 text. Give \`encoding\`, or convert the file.`),
    );
    expect((await readCsv(latin, { columns: { a: "string" }, encoding: "latin1" })).columns.a).toEqual(["1", "café"]);
    await expect(readCsv(latin, { columns: { a: "string" }, encoding: "utf8" as "utf-8" })).rejects.toThrow(
      fails("OPTION_INVALID", 'readCsv() got encoding: "utf8". It takes "utf-8", "utf-16le", "utf-16be" or "latin1".'),
    );
    const cut = await written("cut.csv", Buffer.from("a,b\n1,é").subarray(0, -1));
    await expect(readCsv(cut, { columns: { a: "string" } })).rejects.toThrow(
      fails("CSV_MALFORMED", `${cut}, line 2: there are bytes that are not UTF-8`),
    );
  });
});

describe("streamCsv", () => {
  it("gives tables of so many rows, again in each iteration", async () => {
    const path = await written("rows.csv", `x,kind\n${Array.from({ length: 25 }, (_, i) => `${i},${i % 2 ? "odd" : "even"}`).join("\n")}`);
    const tables = streamCsv(path, { columns: { x: "integer", kind: ["even", "odd"] }, chunkRows: 10 });
    for (const _ of [1, 2]) {
      const all: Table<{ readonly x: "integer"; readonly kind: readonly ["even", "odd"] }>[] = [];
      for await (const table of tables) all.push(table);
      expect(all.map(({ numRows }) => numRows)).toEqual([10, 10, 5]);
      expect(all.flatMap((table) => [...table.columns.x])).toEqual(Array.from({ length: 25 }, (_each, i) => i));
      expect([...all[2]!.columns.kind]).toEqual([0, 1, 0, 1, 0]);
      expect(all[2]!.categories.kind).toEqual(["even", "odd"]);
    }
  });

  it("reads the same wherever pieces end", async () => {
    for (const { encoding, file } of Object.values(files)) {
      for (const length of [1, 2, 3, 7, 64]) {
        const rows: unknown[] = [];
        for await (const table of parseCsvStream(pieces(fixtureBytes(file), length), { columns, encoding, chunkRows: 1 }))
          rows.push(table.columns.note[0], table.columns.time[0]);
        expect(rows).toEqual(wanted.columns.note.flatMap((note, i) => [note, wanted.columns.time[i]]));
      }
    }
  });

  it("reads the body of a response", async () => {
    const { body } = new Response("x\n1\n2\n");
    const tables: number[] = [];
    for await (const table of parseCsvStream(body!, { columns: { x: "number" } })) tables.push(...table.columns.x);
    expect(tables).toEqual([1, 2]);
  });

  it("gives no table where there are no rows, and fails where the reading has come to", async () => {
    const read = async (text: string, chunkRows = 2): Promise<number> => {
      let numRows = 0;
      try {
        for await (const table of parseCsvStream(pieces(Buffer.from(text), 5), { columns: { x: "integer" }, chunkRows }, "a.csv"))
          numRows += table.numRows;
      } catch (error) {
        throw Object.assign(error as Error, { numRows });
      }
      return numRows;
    };
    expect(await read("x\n")).toBe(0);
    await expect(read("")).rejects.toMatchObject(fails("CSV_MALFORMED", "a.csv, line 1: there is no header.") as object);
    await expect(read("y\n1")).rejects.toThrow(fails("CSV_COLUMN", 'a.csv has no column "x"'));
    await expect(read("x\n1\n2\n3\n4\nno\n6\n")).rejects.toMatchObject({
      code: "CSV_VALUE",
      numRows: 4,
      message: expect.stringContaining('a.csv, line 6, column "x": "no" is not an integer') as string,
    });
    await expect(read("x\n1", 0)).rejects.toThrow(fails("OPTION_INVALID", "parseCsvStream() got chunkRows: 0."));
    await expect(parseCsvStream([], { columns: { x: "category" as "string" } }, "a.csv").next()).rejects.toThrow(
      fails("CSV_COLUMN", 'The classes of "x" in a.csv are not known before its end'),
    );
    // @ts-expect-error the classes of a category are not known before the end
    parseCsvStream([], { columns: { x: "category" } });
    await expect(streamCsv(join(folder, "none.csv"), { columns: {} })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("needs no more memory for a longer file", async () => {
    const part = Buffer.from("a note of some length,1.25\n".repeat(1000));
    let numGiven = 0;
    function* long(): Generator<Uint8Array> {
      yield Buffer.from("note,x\n");
      for (; numGiven < 4000; numGiven++) yield part;
    }
    let numRows = 0;
    let mostBytes = 0;
    const before = process.memoryUsage();
    for await (const table of parseCsvStream(long(), { columns: { note: "string", x: "number" } })) {
      numRows += table.numRows;
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      mostBytes = Math.max(mostBytes, heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers);
      // Nothing is read ahead.
      expect(numGiven * 1000 - numRows).toBeLessThanOrEqual(10_000);
    }
    expect(numRows).toBe(4_000_000);
    // As text these are 108 MB, as records over a gigabyte; what is not collected yet is in this figure too.
    expect(mostBytes).toBeLessThan(200e6);
  });
});

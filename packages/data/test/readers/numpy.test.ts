import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, type HostTensor } from "@snapfit/base";
import { arrays, parseNpy, parseNpz, type NpyArray } from "@snapfit/data";
import { readNpy, readNpz } from "@snapfit/data/node";
import { crc32 } from "../../src/readers/crc32.js";
import { numpyFixtures } from "./support/numpy-fixtures.js";
import { fixtureBytes } from "./support/table-fixtures.js";

const { arrays: cases, archives, refused } = numpyFixtures;

const TYPES: Readonly<Record<string, readonly [NpyArray["dtype"], string]>> = {
  b1: ["bool", "Uint8Array"],
  i1: ["int8", "Int8Array"],
  u1: ["uint8", "Uint8Array"],
  i2: ["int16", "Int16Array"],
  u2: ["uint16", "Uint16Array"],
  i4: ["int32", "Int32Array"],
  u4: ["uint32", "Uint32Array"],
  i8: ["int64", "BigInt64Array"],
  u8: ["uint64", "BigUint64Array"],
  f2: ["float32", "Float32Array"],
  f4: ["float32", "Float32Array"],
  f8: ["float64", "Float64Array"],
};

/** A value as Python writes it. */
function parsed(text: string, dtype: NpyArray["dtype"]): number | bigint {
  if (dtype === "bool") return text === "true" ? 1 : 0;
  if (dtype.endsWith("int64")) return BigInt(text);
  return text.endsWith("inf") ? (text[0] === "-" ? -Infinity : Infinity) : Number(text);
}

/** An NPY file of version 1. */
function npy(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, header.length >> 8),
    Buffer.from(header, "latin1"),
    data,
  ]);
}

/** A ZIP of one stored file, with all sizes where large archives have them (APPNOTE 4.3.14, 4.5.3). */
function largeZip(name: string, content: Uint8Array): Uint8Array {
  const large = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const header = (signature: string, fields: readonly number[], ...rest: readonly Uint8Array[]): Buffer => {
    const bytes = Buffer.alloc(2 * fields.length);
    fields.forEach((field, i) => bytes.writeUInt16LE(field, 2 * i));
    return Buffer.concat([Buffer.from(signature, "latin1"), bytes, ...rest]);
  };
  const sum = crc32(content);
  const unset = [0xffff, 0xffff];
  const entry = [sum & 0xffff, sum >>> 16, ...unset, ...unset, name.length];
  const extra = (...sizes: number[]): Buffer => header("", [1, 8 * sizes.length], ...sizes.map(large));
  const file = header("PK\x03\x04", [45, 0, 0, 0, 0, ...entry, 20], Buffer.from(name), extra(content.length, content.length), content);
  const sizes = extra(content.length, content.length, 0);
  const directory = header("PK\x01\x02", [45, 45, 0, 0, 0, 0, ...entry, 28, 0, 0, 0, 0, 0, ...unset], Buffer.from(name), sizes);
  const counts = [
    large(44),
    Buffer.from([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    large(1),
    large(1),
    large(directory.length),
    large(file.length),
  ];
  const end = header("PK\x06\x06", [], ...counts);
  const locator = header("PK\x06\x07", [0, 0], large(file.length + directory.length), Buffer.from([1, 0, 0, 0]));
  return Buffer.concat([file, directory, end, locator, header("PK\x05\x06", [0, 0, 0xffff, 0xffff, ...unset, ...unset, 0])]);
}

const description = (descr: string, shape: string, order = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
const fault = (code: string, message: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string });

describe("parseNpy", () => {
  it.each(cases)("reads $descr of shape $shape, version $version, by columns: $fortran", ({ descr, shape, file, values }) => {
    const [dtype, type] = TYPES[descr.slice(1)]!;
    const array = parseNpy(fixtureBytes(file));
    expect([array.dtype, array.shape, array.data.constructor.name]).toEqual([dtype, shape, type]);
    expect([...array.data]).toEqual(values.map((value) => parsed(value, dtype)));
  });

  it("reads from the middle of a buffer, and copies nothing where it need not", () => {
    const file = fixtureBytes(cases.at(-1)!.file);
    for (const offset of [8, 9]) {
      const buffer = new Uint8Array(file.length + 20);
      buffer.set(file, offset);
      const { data } = parseNpy(buffer.subarray(offset, offset + file.length));
      expect([...data]).toEqual([0, 1, 2, 3, 4]);
      expect(data.buffer === buffer.buffer).toBe(offset === 8);
    }
  });

  it("gives host tensors of the dtype and rank asked for", () => {
    const of = (descr: string): Uint8Array => fixtureBytes(cases.find((each) => each.descr === descr && each.version === 1)!.file);
    const doubles = parseNpy(fixtureBytes(cases.at(-1)!.file), { dtype: "float32", rank: 1 });
    expectTypeOf(doubles).toEqualTypeOf<HostTensor<1, "float32">>();
    expect(doubles).toEqual(hostTensor(Float32Array.of(0, 1, 2, 3, 4), [5]));
    expect(arrays({ x: doubles }).length).toBe(5);
    expect(parseNpy(of("<i2"), { dtype: "int32" }).data.slice(0, 4)).toEqual(Int32Array.of(-32768, 32767, 0, 1));
    expect(parseNpy(of("<f2"), { dtype: "float32" }).dtype).toBe("float32");
    const small = npy(description("<i8", "2, 2"), new Uint8Array(new BigInt64Array([0n, 1n, 1n, 0n]).buffer));
    expect(parseNpy(small, { dtype: "bool" })).toEqual(hostTensor(Uint8Array.of(0, 1, 1, 0), [2, 2], "bool"));
    expect(parseNpy(small, { dtype: "uint8" }).data).toEqual(Uint8Array.of(0, 1, 1, 0));
    expect(parseNpy(npy(description("|b1", "3"), Uint8Array.of(0, 1, 7))).data).toEqual(Uint8Array.of(0, 1, 1));
  });

  it("names the first value that does not fit", () => {
    const doubles = (...values: number[]): Uint8Array => npy(description("<f8", "1, 2"), new Uint8Array(Float64Array.from(values).buffer));
    expect(() => parseNpy(doubles(1, 1e39), { dtype: "float32" }, "a.npy")).toThrow(
      fault("NPY_VALUE", "a.npy: value [0, 1] is 1e+39, but float32 holds numbers up to 3.4e38. Ask for another dtype."),
    );
    expect(parseNpy(doubles(NaN, -Infinity), { dtype: "float32" }).data).toEqual(Float32Array.of(NaN, -Infinity));
    expect(() => parseNpy(doubles(1.5, 1), { dtype: "int32" })).toThrow(
      fault("NPY_VALUE", "value [0, 0] is 1.5, but int32 holds whole numbers"),
    );
    expect(() => parseNpy(doubles(1, NaN), { dtype: "uint8" })).toThrow(
      fault("NPY_VALUE", "[0, 1] is NaN, but uint8 holds whole numbers from 0 to 255"),
    );
    expect(() => parseNpy(doubles(2, 1), { dtype: "bool" })).toThrow(fault("NPY_VALUE", "bool holds 0 and 1"));
    expect(() => parseNpy(doubles(2, 1), { dtype: "float32", rank: 1 }, "a.npy")).toThrow(
      fault("NPY_OTHER", "a.npy: it holds 2 dimensions, [1, 2], but 1 were asked for"),
    );
  });

  it("names what it does not read, and never loads objects", () => {
    for (const [descr, file] of Object.entries(refused))
      expect(() => parseNpy(fixtureBytes(file))).toThrow(
        fault("NPY_OTHER", `it holds values of type ${descr}, but numbers and booleans are read`),
      );
  });

  it("names the byte and what was expected there", () => {
    const file = fixtureBytes(cases[0]!.file);
    const cases2: [Uint8Array, string][] = [
      [new Uint8Array(0), "byte 0: an NPY file begins with 93 4e 55 4d 50 59"],
      [fixtureBytes(archives.stored), "this is a ZIP; parseNpz() reads that"],
      [file.subarray(0, 6), "byte 6: the version is 0, but 1, 2 or 3 is expected"],
      [file.subarray(0, 9), "byte 9: the file ends in its header"],
      [file.subarray(0, 90), "byte 90: the file ends in its header, which goes on to byte 128"],
      [
        file.subarray(0, 130),
        "byte 130: the file ends, but its header tells of bool values of shape [2, 3, 4] from byte 128 on: 152 bytes in all",
      ],
      [Buffer.concat([file, file]), "byte 152: there are 152 bytes more than its header tells of"],
      [npy("{}"), 'byte 8: the header is "{}", but one that names'],
      [
        npy(description("<f4", "99999999999, 99999999999")),
        "the file ends, but its header tells of float32 values of shape [99999999999, 99999999999]",
      ],
    ];
    for (const [bytes, message] of cases2) expect(() => parseNpy(bytes)).toThrow(fault("NPY_MALFORMED", message));
    expect(parseNpy(npy(description("<f4", "0, 99999999999"))).data.length).toBe(0);
  });
});

describe("parseNpz", () => {
  it.each(["stored", "deflated"] as const)("reads all arrays, or those asked for: %s", (kind) => {
    const all = parseNpz(fixtureBytes(archives[kind]));
    expect(Object.keys(all)).toEqual(["x", "y", "ünï"]);
    expect(all["x"]).toEqual({ dtype: "float64", shape: [2, 3], data: Float64Array.of(0, 1, 2, 3, 4, 5) });
    expect(all["y"]).toEqual({ dtype: "int64", shape: [2], data: BigInt64Array.of(1n, 0n) });
    const some = parseNpz(fixtureBytes(archives[kind]), { arrays: { x: { dtype: "float32", rank: 2 }, y: { dtype: "int32" } } });
    expectTypeOf(some).toEqualTypeOf<{ readonly x: HostTensor<2, "float32">; readonly y: HostTensor<number, "int32"> }>();
    expect(some).toEqual({ x: hostTensor(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3]), y: hostTensor(Int32Array.of(1, 0), [2]) });
  });

  it("reads the directory of archives that are larger than 4 GiB", () => {
    const content = fixtureBytes(cases.at(-1)!.file);
    expect(parseNpz(largeZip("x.npy", content))).toEqual({ x: parseNpy(content) });
    const cut = largeZip("x.npy", content);
    cut.fill(0, cut.length - 42, cut.length - 38);
    expect(() => parseNpz(cut)).toThrow(fault("NPY_MALFORMED", "the ZIP has no directory for large files"));
  });

  it("names the array and what is wrong", () => {
    const file = fixtureBytes(archives.deflated);
    expect(() => parseNpz(file, { arrays: { z: { dtype: "int32" } } }, "a.npz")).toThrow(
      fault("NPY_OTHER", 'a.npz: it has no array "z", but x, y, ünï.'),
    );
    expect(() => parseNpz(file, { arrays: { x: { dtype: "bool" } } }, "a.npz")).toThrow(
      fault("NPY_VALUE", 'a.npz, array "x": value [0, 2] is 2'),
    );
    expect(() => parseNpz(file.subarray(0, 300), { arrays: {} }, "a.npz")).toThrow(
      fault("NPY_MALFORMED", "a.npz, byte 300: there is no end of a ZIP's directory"),
    );
    const damaged = fixtureBytes(archives.stored);
    damaged[150]! ^= 1;
    expect(() => parseNpz(damaged)).toThrow(fault("NPY_MALFORMED", '"x.npy" is damaged: its check sum does not hold'));
  });

  it("makes no room for more than can be packed into the file", () => {
    const bytes = fixtureBytes(archives.deflated);
    const view = new DataView(bytes.buffer);
    const entry = Buffer.from(bytes).indexOf("PK\x01\x02", 0, "latin1");
    view.setUint32(entry + 24, 3_000_000_000, true);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => parseNpz(bytes)).toThrow(fault("NPY_MALFORMED", "cannot have 3000000000 bytes, of which"));
    view.setUint32(entry + 20, 2_000_000_000, true);
    expect(() => parseNpz(bytes)).toThrow(fault("NPY_MALFORMED", "the ZIP's directory tells of more bytes than the file has"));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });
});

describe("readNpy and readNpz", () => {
  it("read files, and name them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "snapfit-npy-"));
    try {
      await writeFile(join(folder, "a.npy"), fixtureBytes(cases.at(-1)!.file));
      await writeFile(join(folder, "a.npz"), fixtureBytes(archives.deflated));
      expect(await readNpy(join(folder, "a.npy"))).toEqual(parseNpy(fixtureBytes(cases.at(-1)!.file)));
      const tensor = await readNpy(join(folder, "a.npy"), { dtype: "int32", rank: 1 });
      expectTypeOf(tensor).toEqualTypeOf<HostTensor<1, "int32">>();
      expect(tensor.data).toEqual(Int32Array.of(0, 1, 2, 3, 4));
      expect(Object.keys(await readNpz(join(folder, "a.npz")))).toEqual(["x", "y", "ünï"]);
      expect((await readNpz(join(folder, "a.npz"), { arrays: { y: { dtype: "uint8", rank: 1 } } })).y.data).toEqual(Uint8Array.of(1, 0));
      await expect(readNpy(join(folder, "a.npz"))).rejects.toThrow(`${join(folder, "a.npz")}, byte 0: `);
      await expect(readNpz(join(folder, "none"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

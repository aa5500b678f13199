import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, type HostTensor } from "@snapfit/base";
import { parseIdx } from "@snapfit/data";
import { readIdx } from "@snapfit/data/node";

/** An IDX file. */
function idx(code: number, shape: readonly number[], values: readonly number[]): Uint8Array {
  const size = code === 0x08 ? 1 : 4;
  const bytes = new Uint8Array(4 + 4 * shape.length + size * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, code, shape.length]);
  shape.forEach((length, axis) => view.setUint32(4 + 4 * axis, length));
  values.forEach((value, i) => {
    const at = 4 + 4 * shape.length + size * i;
    if (code === 0x08) view.setUint8(at, value);
    else if (code === 0x0c) view.setInt32(at, value);
    else view.setFloat32(at, value);
  });
  return bytes;
}

const malformed = expect.objectContaining({ code: "IDX_MALFORMED" });

describe("parseIdx", () => {
  it("reads bytes, integers and floats of any shape", () => {
    expect(parseIdx(idx(0x08, [2, 3], [1, 2, 3, 4, 5, 255]))).toEqual(hostTensor(Uint8Array.of(1, 2, 3, 4, 5, 255), [2, 3]));
    expect(parseIdx(idx(0x0c, [2], [-1, 70000]))).toEqual(hostTensor(Int32Array.of(-1, 70000), [2]));
    expect(parseIdx(idx(0x0d, [1, 1, 2], [0.5, -3e7]))).toEqual(hostTensor(Float32Array.of(0.5, -3e7), [1, 1, 2]));
    expect(parseIdx(idx(0x08, [], [7]))).toEqual(hostTensor(Uint8Array.of(7), []));
    expect(parseIdx(idx(0x08, [0, 28], []))).toEqual(hostTensor(new Uint8Array(0), [0, 28]));
  });

  it("reads from the middle of a buffer", () => {
    const buffer = new Uint8Array(64);
    const file = idx(0x0c, [2], [5, 6]);
    buffer.set(file, 9);
    expect(parseIdx(buffer.subarray(9, 9 + file.length)).data).toEqual(Int32Array.of(5, 6));
  });

  it("carries the rank and dtype asked for in its type, and holds the file to them", () => {
    const images = parseIdx(idx(0x08, [1, 2, 2], [1, 2, 3, 4]), { rank: 3, dtype: "uint8" });
    expectTypeOf(images).toEqualTypeOf<HostTensor<3, "uint8">>();
    const other = expect.objectContaining({ code: "IDX_OTHER" });
    expect(() => parseIdx(idx(0x08, [1], [1]), { rank: 3 })).toThrow(other);
    expect(() => parseIdx(idx(0x08, [1], [1]), { dtype: "float32" }, "labels.idx")).toThrow(
      "labels.idx holds uint8 values of 1 dimensions, but float32 of 1 were asked for.",
    );
  });

  it("names the byte and what was expected there", () => {
    const file = idx(0x08, [2, 2], [1, 2, 3, 4]);
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(0), "IDX data, byte 0: the file ends, but an IDX header has at least 4 bytes"],
      [Uint8Array.of(0, 0, 8), "byte 3: the file ends"],
      [Uint8Array.of(1, 0, 8, 0, 0), "byte 0: there are 01 00, but an IDX file begins with 00 00"],
      [Uint8Array.of(0, 0, 9, 0, 0), "byte 2: the type code is 09"],
      [file.subarray(0, 10), "byte 10: the file ends in its header, which has 12 bytes for 2 dimensions"],
      [file.subarray(0, 15), "byte 15: the file ends, but its header tells of [2, 2] uint8 values from byte 12 on: 16 bytes in all"],
      [Uint8Array.of(...file, 0), "byte 16: there are 1 bytes more than its header tells of"],
      [gzipSync(file), "these are gzip bytes"],
    ];
    for (const [bytes, message] of cases) {
      expect(() => parseIdx(bytes)).toThrow(message);
      expect(() => parseIdx(bytes)).toThrow(malformed);
    }
  });

  it("fails in no other way, on any bytes and any damaged file", () => {
    const onlyMalformed = (bytes: Uint8Array): void => {
      try {
        const { shape, data } = parseIdx(bytes);
        expect(shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1)).toBe(data.length);
      } catch (error) {
        expect(error).toMatchObject({ name: "SnapfitError", code: "IDX_MALFORMED" });
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), onlyMalformed), { seed: 1, numRuns: 500 });
    fc.assert(
      fc.property(
        fc.constantFrom(0x08, 0x0c, 0x0d),
        fc.array(fc.nat(4), { maxLength: 3 }),
        fc.nat(60),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: -3, max: 3 }),
        (code, shape, position, byte, extra) => {
          const file = idx(code, shape, new Array<number>(shape.reduce((product, length) => product * length, 1)).fill(1));
          const damaged = new Uint8Array(Math.max(0, file.length + extra));
          damaged.set(file.subarray(0, damaged.length));
          damaged[position % Math.max(1, damaged.length)] = byte;
          onlyMalformed(damaged);
        },
      ),
      { seed: 2, numRuns: 1000 },
    );
    onlyMalformed(Uint8Array.of(0, 0, 8, 40, ...new Array<number>(156).fill(255), 0, 0, 0, 0));
  });
});

describe("readIdx", () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "snapfit-idx-"))));
  afterAll(() => rm(folder, { recursive: true }));

  it("reads plain and compressed files", async () => {
    const file = idx(0x08, [2, 2], [1, 2, 3, 4]);
    await writeFile(join(folder, "plain"), file);
    await writeFile(join(folder, "packed.gz"), gzipSync(file));
    for (const name of ["plain", "packed.gz"])
      expect(await readIdx(join(folder, name), { rank: 2, dtype: "uint8" })).toEqual(hostTensor(Uint8Array.of(1, 2, 3, 4), [2, 2]));
  });

  it("names the file that is damaged or missing", async () => {
    const path = join(folder, "cut.gz");
    await writeFile(path, gzipSync(idx(0x08, [100], new Array<number>(100).fill(3))).subarray(0, 20));
    await expect(readIdx(path)).rejects.toThrow(`${path}, byte 0: the file is not complete gzip data (unexpected end of file)`);
    await expect(readIdx(path)).rejects.toMatchObject({ code: "IDX_MALFORMED" });
    await expect(readIdx(join(folder, "none"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

const dataFolder = process.env["SNAPFIT_DATA"];
if (!dataFolder) console.info("Skipped: reading MNIST. Set SNAPFIT_DATA to the folder of data sets.");

describe.skipIf(!dataFolder)("MNIST", () => {
  const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
  const counts = (labels: Uint8Array): number[] =>
    Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);

  it("has the published bytes, and the known number of each digit", async () => {
    const read = <Rank extends number>(name: string, rank: Rank) => readIdx(join(dataFolder!, "mnist", name), { rank, dtype: "uint8" });
    const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
      read("train-images-idx3-ubyte.gz", 3),
      read("train-labels-idx1-ubyte.gz", 1),
      read("t10k-images-idx3-ubyte.gz", 3),
      read("t10k-labels-idx1-ubyte.gz", 1),
    ]);
    expect(trainImages.shape).toEqual([60_000, 28, 28]);
    expect(testImages.shape).toEqual([10_000, 28, 28]);
    expect(counts(trainLabels.data)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(counts(testLabels.data)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    // The whole unpacked files: headers are the 16 and 8 bytes before the values.
    const whole = (data: Uint8Array): string => md5(new Uint8Array(data.buffer, 0, data.byteOffset + data.byteLength));
    expect([trainImages, trainLabels, testImages, testLabels].map(({ data }) => whole(data))).toEqual([
      "6bbc9ace898e44ae57da46a324031adb",
      "a25bea736e30d166cdddb491f175f624",
      "2646ac647ad5339dbf082846283269ea",
      "27ae3e4e09519cfbb04c329615203637",
    ]);
    const mean = trainImages.data.reduce((sum, value) => sum + value, 0) / trainImages.data.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4);
  });
});

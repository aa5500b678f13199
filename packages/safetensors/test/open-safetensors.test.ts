import { MemoryStorage, type Storage } from "@snapfit/base";
import * as fc from "fast-check";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { encodeSafetensors, openSafetensors, type SafetensorsDtype, type SafetensorsTensor } from "../src/index.js";
import { errorOf } from "./error-of.js";

async function stored(dtype: SafetensorsDtype, shape: number[], bytes: Uint8Array): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const tensors = new Map<string, SafetensorsTensor>();
  tensors.set("before", { dtype: "F64", shape: [3], bytes: new Uint8Array(24) });
  tensors.set("x", { dtype, shape, bytes });
  await storage.write("file", encodeSafetensors(tensors));
  return storage;
}

/** Counts what is read of a storage. */
function counted(storage: Storage): { storage: Storage; reads: number[] } {
  const reads: number[] = [];
  const read: Storage["read"] = async (path, range) => {
    const bytes = await storage.read(path, range);
    reads.push(bytes.length);
    return bytes;
  };
  return { reads, storage: new Proxy(storage, { get: (target, key) => (key === "read" ? read : Reflect.get(target, key).bind(target)) }) };
}

test("opening reads the header alone, and a tensor only itself", async () => {
  const { storage, reads } = counted(await stored("U8", [1000], new Uint8Array(1000).fill(7)));
  const file = await openSafetensors(storage, "file");
  expect(reads.reduce((sum, length) => sum + length)).toBe(file.entries.get("before")!.offset);
  reads.length = 0;
  expect((await file.read("x")).bytes).toEqual(new Uint8Array(1000).fill(7));
  expect(reads).toEqual([1000]);
});

test("rows are read alone", async () => {
  const { storage, reads } = counted(
    await stored(
      "U8",
      [100, 10],
      Uint8Array.from({ length: 1000 }, (_, i) => i % 256),
    ),
  );
  const file = await openSafetensors(storage, "file");
  reads.length = 0;
  expect(await file.readSlice("x", [10, 0], [2, 10])).toEqual({
    dtype: "U8",
    shape: [2, 10],
    bytes: Uint8Array.from({ length: 20 }, (_, i) => 100 + i),
  });
  expect(reads).toEqual([20]);
});

test("a column of a large matrix is read in pieces of at most 4 MiB", async () => {
  const rows = 3000;
  const values = new Int32Array(rows * 1024).map((_, i) => i);
  const { storage, reads } = counted(await stored("I32", [rows, 1024], new Uint8Array(values.buffer)));
  const file = await openSafetensors(storage, "file");
  reads.length = 0;
  const { bytes } = await file.readSlice("x", [0, 5], [rows, 1]);
  expect(new Int32Array(bytes.buffer)).toEqual(new Int32Array(rows).map((_, row) => row * 1024 + 5));
  expect(reads).toHaveLength(3);
  expect(Math.max(...reads)).toBeLessThanOrEqual(4 << 20);
});

test("any box is what tf.slice cuts", async () => {
  const dimension = fc
    .integer({ min: 0, max: 5 })
    .chain((length) =>
      fc
        .integer({ min: 0, max: length })
        .chain((begin) => fc.integer({ min: 0, max: length - begin }).map((size) => ({ length, begin, size }))),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(dimension, { minLength: 1, maxLength: 4 }), async (dimensions) => {
      const shape = dimensions.map(({ length }) => length);
      const begin = dimensions.map((each) => each.begin);
      const size = dimensions.map((each) => each.size);
      const values = new Int32Array(shape.reduce((product, length) => product * length, 1)).map((_, i) => i + 1);
      const file = await openSafetensors(await stored("I32", shape, new Uint8Array(values.buffer)), "file");
      const { bytes, shape: received } = await file.readSlice("x", begin, size);
      const expected = tf.tidy(() => tf.slice(tf.tensor(values.slice(), shape, "int32"), begin, size).dataSync());
      expect(received).toEqual(size);
      expect(new Int32Array(bytes.buffer)).toEqual(Int32Array.from(size.includes(0) ? [] : expected));
    }),
    { numRuns: 200, seed: 1 },
  );
});

test("half bytes are cut where they fill bytes", async () => {
  const file = await openSafetensors(await stored("F4", [3, 4], Uint8Array.of(1, 2, 3, 4, 5, 6)), "file");
  expect((await file.readSlice("x", [1, 2], [2, 2])).bytes).toEqual(Uint8Array.of(4, 6));
  expect(await errorOf(() => file.readSlice("x", [0, 1], [3, 2]))).toMatchObject({ code: "SLICE_RANGE" });
  expect(await errorOf(() => file.readSlice("x", [0, 0], [1, 3]))).toMatchObject({ code: "SLICE_RANGE" });
});

test.each([
  [[0], [1]],
  [
    [0, 0],
    [3, 1],
  ],
  [
    [1, 0],
    [2, 1],
  ],
  [
    [-1, 0],
    [1, 1],
  ],
  [
    [0.5, 0],
    [1, 1],
  ],
  [
    [0, 0, 0],
    [1, 1, 1],
  ],
])("a slice from %j of %j reaches beyond [2, 2]", async (begin, size) => {
  const file = await openSafetensors(await stored("U8", [2, 2], new Uint8Array(4)), "file");
  expect(await errorOf(() => file.readSlice("x", begin, size))).toMatchObject({ code: "SLICE_RANGE" });
});

test("an empty slice of a shape of any size is read at once", async () => {
  const file = await openSafetensors(await stored("U8", [2 ** 40, 3, 0], new Uint8Array(0)), "file");
  expect((await file.readSlice("x", [0, 1, 0], [2 ** 39, 2, 0])).bytes).toHaveLength(0);
});

test("a name that is not there is answered with the nearest one", async () => {
  const file = await openSafetensors(await stored("U8", [1], new Uint8Array(1)), "file");
  expect(await errorOf(() => file.read("befor"))).toMatchObject({ code: "TENSOR_MISSING", message: expect.stringContaining('"before"') });
});

test("a file that was cut after it was opened is an error", async () => {
  const storage = await stored("U8", [100], new Uint8Array(100));
  const file = await openSafetensors(storage, "file");
  await storage.write("file", (await storage.read("file")).subarray(0, -1));
  expect(await errorOf(() => file.read("x"))).toMatchObject({ code: "FILE_CHANGED" });
});

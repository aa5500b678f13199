import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { MemoryStorage } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeSafetensors, layOutSafetensors, parseSafetensors, writeSafetensors, type SafetensorsTensor } from "../src/index.js";
import { errorOf } from "./error-of.js";

const source = ({ dtype, shape, bytes }: SafetensorsTensor) => ({ dtype, shape, bytes: () => bytes });
const zeros = (numBytes: number): SafetensorsTensor => ({ dtype: "U8", shape: [numBytes], bytes: new Uint8Array(numBytes) });

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "safetensors-"))));
afterEach(() => rm(folder, { recursive: true }));

test("a file on disk is the one in memory, whatever the sizes", async () => {
  const sizes = [0, 1, 7, 1 << 20, (1 << 20) - 3, (1 << 20) + 1, 3_000_000, 5, 600_000, 600_000];
  const tensors = new Map(sizes.map((size, i) => [`t${i}`, { ...zeros(size), bytes: new Uint8Array(size).fill(i + 1) }]));
  const sources = new Map([...tensors].map(([name, tensor]) => [name, source(tensor)]));
  const path = join(folder, "deep/model.safetensors");
  const disk = new DiskStorage();
  await writeSafetensors(disk, path, sources, { metadata: { format: "pt" } });
  expect(Buffer.compare(await disk.read(path), encodeSafetensors(tensors, { metadata: { format: "pt" } }))).toBe(0);
  expect((await disk.list(join(folder, "deep"))).map(({ name }) => name)).toEqual(["model.safetensors"]);
});

test("tensors are asked for one after the other, in the order of the file", async () => {
  const log: string[] = [];
  const slow = (name: string, dtype: "U8" | "F32") => ({
    dtype,
    shape: [1],
    async bytes() {
      log.push(`ask ${name}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`give ${name}`);
      return new Uint8Array(dtype === "U8" ? 1 : 4);
    },
  });
  await writeSafetensors(
    new MemoryStorage(),
    "x",
    new Map([
      ["b", slow("b", "U8")],
      ["c", slow("c", "F32")],
      ["a", slow("a", "U8")],
    ]),
  );
  expect(log).toEqual(["ask c", "give c", "ask a", "give a", "ask b", "give b"]);
});

test("the bytes of a tensor are let go before the next is asked for", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const given: WeakRef<Uint8Array>[] = [];
  const alive: number[] = [];
  const sources = Array.from({ length: 5 }, (_, i) => {
    const bytes = async (): Promise<Uint8Array> => {
      // What was used in this turn of the event loop is kept to its end.
      await setTimeout(0);
      collectGarbage();
      alive.push(given.filter((each) => each.deref() !== undefined).length);
      const made = new Uint8Array(3 << 20);
      given.push(new WeakRef(made));
      return made;
    };
    return [`t${i}`, { dtype: "U8", shape: [3 << 20], bytes }] as const;
  });
  await writeSafetensors(new DiskStorage(), join(folder, "large"), new Map(sources));
  expect(alive).toEqual([0, 0, 0, 0, 0]);
});

test("a source that fails leaves the old file and nothing beside it", async () => {
  const storage = new MemoryStorage();
  await storage.write("x", Uint8Array.of(1));
  const failing = { dtype: "U8", shape: [1], bytes: () => Promise.reject(new Error("lost")) } as const;
  await expect(writeSafetensors(storage, "x", new Map([["a", failing]]))).rejects.toThrow("lost");
  expect(await storage.read("x")).toEqual(Uint8Array.of(1));
  expect(await storage.list("")).toHaveLength(1);
});

test("bytes that do not fit dtype and shape are refused", async () => {
  const tensor = { dtype: "F32", shape: [2], bytes: new Uint8Array(7) } as const;
  const expected = { code: "BYTES_MISMATCH", message: expect.stringMatching(/"w".*7 bytes.*takes 8/) };
  expect(await errorOf(() => encodeSafetensors(new Map([["w", tensor]])))).toMatchObject(expected);
  expect(await errorOf(() => writeSafetensors(new MemoryStorage(), "x", new Map([["w", source(tensor)]])))).toMatchObject(expected);
});

test.each([
  ["NAME_INVALID", "__metadata__", "U8", [1], undefined],
  ["NAME_INVALID", "\ud800", "U8", [1], undefined],
  ["METADATA_INVALID", "a", "U8", [1], { epoch: 3 }],
  ["METADATA_INVALID", "a", "U8", [1], { "\udc00": "" }],
  ["DTYPE_UNKNOWN", "a", "float32", [1], undefined],
  ["SHAPE_INVALID", "a", "U8", [-1], undefined],
  ["SHAPE_INVALID", "a", "U8", [1.5], undefined],
  ["SHAPE_INVALID", "a", "F32", [2 ** 30, 2 ** 30], undefined],
  ["SHAPE_INVALID", "a", "F6_E2M3", [2], undefined],
  ["HEADER_LENGTH", "a", "U8", [1], { text: "x".repeat(100_000_000) }],
])("%s: name %j, dtype %s, shape %j, metadata", async (code, name, dtype, shape, metadata) => {
  const entries = new Map([[name, { dtype: dtype as "U8", shape }]]);
  expect(await errorOf(() => layOutSafetensors(entries, metadata as never))).toMatchObject({ code });
});

test("F6 is written and read back", () => {
  const tensors = new Map([["x", { dtype: "F6_E3M2", shape: [4], bytes: Uint8Array.of(1, 2, 3) } as const]]);
  expect(parseSafetensors(encodeSafetensors(tensors)).tensors).toEqual(tensors);
});

test("a layout tells the size of the file and the order of its payload", () => {
  const { header, order, fileBytes } = layOutSafetensors(
    new Map([
      ["bias", { dtype: "F16", shape: [3] }],
      ["kernel", { dtype: "F32", shape: [2, 3] }],
    ]),
  );
  const json = '{"kernel":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"bias":{"dtype":"F16","shape":[3],"data_offsets":[24,30]}}';
  expect(new TextDecoder().decode(header.subarray(8))).toBe(json.padEnd(Math.ceil(json.length / 8) * 8));
  expect(order).toEqual(["kernel", "bias"]);
  expect(fileBytes).toBe(header.length + 30);
});

test("names are ordered by code point, not by UTF-16 unit", () => {
  const tensor = { dtype: "U8", shape: [] } as const;
  const names = ["\u{1f600}", "\uffee", "a", "\u{1f601}", "ab", ""];
  expect(layOutSafetensors(new Map(names.map((name) => [name, tensor]))).order).toEqual([
    "",
    "a",
    "ab",
    "\uffee",
    "\u{1f600}",
    "\u{1f601}",
  ]);
});

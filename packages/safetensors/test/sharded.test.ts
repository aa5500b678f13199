import { MemoryStorage } from "@snapfit/base";
import { beforeEach, describe, expect, test } from "vitest";
import {
  encodeSafetensors,
  openSafetensors,
  openShardedSafetensors,
  writeShardedSafetensors,
  type SafetensorsSource,
} from "../src/index.js";
import { errorOf } from "./error-of.js";

const INDEX = "out/model.safetensors.index.json";

function source(size: number, value: number): SafetensorsSource {
  return { dtype: "U8", shape: [size], bytes: () => new Uint8Array(size).fill(value) };
}

let storage: MemoryStorage;
beforeEach(async () => {
  storage = new MemoryStorage();
  const tensors = new Map([
    ["d", source(40, 4)],
    ["a", source(60, 1)],
    ["big", source(200, 2)],
    ["c", source(0, 0)],
    ["b", source(100, 3)],
  ]);
  await writeShardedSafetensors(storage, INDEX, tensors, { maxShardBytes: 100, metadata: { format: "pt" } });
});

test("a set is named and indexed as Hugging Face does", async () => {
  expect((await storage.list("out")).map(({ name }) => name)).toEqual([
    "model-00001-of-00003.safetensors",
    "model-00002-of-00003.safetensors",
    "model-00003-of-00003.safetensors",
    "model.safetensors.index.json",
  ]);
  expect(JSON.parse(new TextDecoder().decode(await storage.read(INDEX)))).toEqual({
    metadata: { total_size: 400 },
    weight_map: {
      d: "model-00001-of-00003.safetensors",
      a: "model-00001-of-00003.safetensors",
      big: "model-00002-of-00003.safetensors",
      c: "model-00003-of-00003.safetensors",
      b: "model-00003-of-00003.safetensors",
    },
  });
  expect([...(await openSafetensors(storage, "out/model-00001-of-00003.safetensors")).entries.keys()]).toEqual(["a", "d"]);
});

test("a set reads as one file", async () => {
  const set = await openShardedSafetensors(storage, INDEX);
  expect([...set.entries.keys()].sort((a, b) => a.localeCompare(b))).toEqual(["a", "b", "big", "c", "d"]);
  expect(Object.fromEntries(set.metadata)).toEqual({ format: "pt" });
  expect(await set.read("b")).toEqual({ dtype: "U8", shape: [100], bytes: new Uint8Array(100).fill(3) });
  expect((await set.readSlice("big", [7], [3])).bytes).toEqual(Uint8Array.of(2, 2, 2));
  expect(await errorOf(() => set.read("bigg"))).toMatchObject({ code: "TENSOR_MISSING", message: expect.stringContaining('"big"') });
});

test("a set without tensors is one empty file", async () => {
  await writeShardedSafetensors(storage, "empty.safetensors.index.json", new Map());
  expect((await openShardedSafetensors(storage, "empty.safetensors.index.json")).entries.size).toBe(0);
});

test("an index of another name is refused", async () => {
  expect(await errorOf(() => writeShardedSafetensors(storage, "out/model.safetensors", new Map()))).toMatchObject({ code: "NAME_INVALID" });
});

describe("an index is refused that", () => {
  const first = "model-00001-of-00003.safetensors";
  test.each([
    ["is no JSON", "{"],
    ["is null", "null"],
    ["is no UTF-8", Uint8Array.of(0xff)],
    ["has no weight_map", "{}"],
    ["has a list", '{"weight_map":[]}'],
    ["has a number", '{"weight_map":{"a":1}}'],
    ["leads to the folder above", '{"weight_map":{"a":"../secret.safetensors"}}'],
    ["leads to the folder above by a backslash", '{"weight_map":{"a":"..\\\\secret.safetensors"}}'],
    ["leads anywhere", '{"weight_map":{"a":"/etc/passwd"}}'],
    ["names a folder", '{"weight_map":{"a":".."}}'],
    ["names a tensor that is not there", `{"weight_map":{"a":"${first}","d":"${first}","x":"${first}"}}`],
    ["leaves a tensor out", `{"weight_map":{"a":"${first}"}}`],
    ["has a tensor of two files", `{"weight_map":{"a":"${first}","d":"${first}","e":"other.safetensors"}}`],
  ])("%s", async (_, index) => {
    const tensor = { dtype: "U8", shape: [], bytes: new Uint8Array(1) } as const;
    await storage.write(
      "out/other.safetensors",
      encodeSafetensors(
        new Map([
          ["a", tensor],
          ["e", tensor],
        ]),
      ),
    );
    await storage.write(INDEX, typeof index === "string" ? new TextEncoder().encode(index) : index);
    expect(await errorOf(() => openShardedSafetensors(storage, INDEX))).toMatchObject({ code: "INDEX_INVALID" });
  });
});

test("a file of the set that is gone is an error of the storage", async () => {
  await storage.remove("out/model-00002-of-00003.safetensors");
  expect(await errorOf(() => openShardedSafetensors(storage, INDEX))).toMatchObject({ code: "NOT_FOUND" });
});

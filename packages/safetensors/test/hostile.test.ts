import { MemoryStorage } from "@snapfit/base";
import { describe, expect, test } from "vitest";
import { openSafetensors, parseSafetensors } from "../src/index.js";
import { errorOf } from "./error-of.js";
import { fileOf } from "./file-of.js";

const entry = (name: string, begin: number, end: number, dtype = "U8", shape: unknown = [end - begin]): string =>
  `"${name}":{"dtype":"${dtype}","shape":${JSON.stringify(shape)},"data_offsets":[${begin},${end}]}`;

const refused: Record<string, [string, Uint8Array][]> = {
  HEADER_LENGTH: [
    ["an empty file", new Uint8Array(0)],
    ["seven bytes", new Uint8Array(7)],
    ["a header longer than the file", fileOf("{}").subarray(0, 9)],
    ["a header length of 2^64 - 1", new Uint8Array(16).fill(255)],
    ["a header length of 2^53 + 1, which no double holds", Uint8Array.of(1, 0, 0, 0, 0, 0, 32, 0, 123, 125)],
  ],
  HEADER_INVALID: [
    ["no header at all", new Uint8Array(8)],
    ["no JSON", fileOf("hello")],
    ["an array", fileOf("[]")],
    ["an open object", fileOf("{")],
    ["whitespace in front", fileOf(" {}")],
    ["a byte order mark", fileOf("\ufeff{}")],
    ["text behind the object", fileOf("{} x")],
    ["zeros behind the object", fileOf("{}\0\0")],
    ["a comma too many", fileOf(`{${entry("a", 0, 0)},}`)],
    ["bytes that are no UTF-8", Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 123, 34, 255, 34)],
    ["an open string", fileOf('{"a')],
    ["an open escape", fileOf('{"a\\')],
    ["a line break in a name", fileOf(`{${entry("a\nb", 0, 0)}}`)],
    ["half a surrogate pair", fileOf(`{${entry("\\ud800", 0, 0)}}`)],
    ["an unknown escape", fileOf(`{${entry("\\x", 0, 0)}}`)],
    ["a tensor that is a number", fileOf('{"a":1}')],
    ["a tensor without dtype", fileOf('{"a":{"shape":[],"data_offsets":[0,1]}}', 1)],
    ["a tensor with another field", fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":0}}', 1)],
    ["one offset", fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}')],
    ["three offsets", fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,2]}}', 1)],
    ["a negative length", fileOf(`{${entry("a", 0, 1, "U8", [-1])}}`, 1)],
    ["a fraction", fileOf('{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1)],
    ["an exponent", fileOf('{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', 1)],
    ["a leading zero", fileOf('{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}', 1)],
    ["a dtype that is a number", fileOf('{"a":{"dtype":8,"shape":[],"data_offsets":[0,1]}}', 1)],
    ["metadata that is text", fileOf('{"__metadata__":"a"}')],
    ["metadata with a number", fileOf('{"__metadata__":{"a":1}}')],
    ["metadata with an object", fileOf('{"__metadata__":{"a":{}}}')],
    ["100 000 open brackets", fileOf(`{"a":${"[".repeat(100_000)}`)],
  ],
  DUPLICATE_KEY: [
    ["two tensors of one name", fileOf(`{${entry("a", 0, 1)},${entry("a", 1, 2)}}`, 2)],
    ["one name written in two ways", fileOf(`{${entry("a", 0, 1)},${entry("\\u0061", 1, 2)}}`, 2)],
    ["a field twice", fileOf('{"a":{"dtype":"U8","dtype":"I8","shape":[],"data_offsets":[0,1]}}', 1)],
    ["a metadata key twice", fileOf('{"__metadata__":{"a":"1","a":"2"}}')],
    ["two metadata", fileOf('{"__metadata__":{},"__metadata__":{}}')],
  ],
  DTYPE_UNKNOWN: [
    ["a dtype that does not exist", fileOf(`{${entry("a", 0, 1, "U9")}}`, 1)],
    ["a dtype in small letters", fileOf(`{${entry("a", 0, 1, "u8")}}`, 1)],
    ["a name of Object.prototype", fileOf(`{${entry("a", 0, 1, "constructor")}}`, 1)],
  ],
  SHAPE_INVALID: [
    ["a product beyond 2^64", fileOf(`{${entry("a", 0, 1, "U8", [2 ** 32, 2 ** 32])}}`, 1)],
    ["a length that no double holds", fileOf('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', 1)],
    ["a length of 400 digits", fileOf(`{"a":{"dtype":"U8","shape":[1${"0".repeat(400)}],"data_offsets":[0,1]}}`, 1)],
    ["65 dimensions", fileOf(`{${entry("a", 0, 1, "U8", new Array(65).fill(1))}}`, 1)],
    ["three half bytes", fileOf(`{${entry("a", 0, 2, "F4", [3])}}`, 2)],
  ],
  OFFSETS_INVALID: [
    ["an end beyond the file", fileOf(`{${entry("a", 0, 2)}}`, 1)],
    ["an end at 2^60", fileOf(`{${entry("a", 0, 2 ** 49)}}`, 1)],
    ["an end before the begin", fileOf(`{${entry("a", 1, 0, "U8", [1])}}`, 1)],
    ["too few bytes for the shape", fileOf(`{${entry("a", 0, 3, "F32", [1])}}`, 3)],
    ["too many bytes for the shape", fileOf(`{${entry("a", 0, 5, "F32", [1])}}`, 5)],
    ["two tensors over each other", fileOf(`{${entry("a", 0, 2)},${entry("b", 1, 3)}}`, 3)],
    ["two tensors at one place", fileOf(`{${entry("a", 0, 2)},${entry("b", 0, 2)}}`, 2)],
    ["a hole in front", fileOf(`{${entry("a", 1, 2)}}`, 2)],
    ["a hole between tensors", fileOf(`{${entry("a", 0, 1)},${entry("b", 2, 3)}}`, 3)],
    ["bytes behind the last tensor", fileOf(`{${entry("a", 0, 1)}}`, 2)],
    ["bytes without tensors", fileOf("{}", 1)],
    ["an empty tensor beyond the end", fileOf(`{${entry("a", 5, 5)}}`)],
  ],
};

describe.each(Object.entries(refused))("%s", (code, files) => {
  test.each(files)("%s, in memory and on storage", async (_, file) => {
    expect(await errorOf(() => parseSafetensors(file))).toMatchObject({ name: "SnapfitError", code });
    const storage = new MemoryStorage();
    await storage.write("hostile.safetensors", file);
    const error = await errorOf(() => openSafetensors(storage, "hostile.safetensors"));
    expect(error).toMatchObject({ code, message: expect.stringContaining("hostile.safetensors") });
  });
});

test("a shape of three million lengths makes no array of them", async () => {
  const file = fileOf(`{"a":{"dtype":"U8","shape":[${"1,".repeat(3_000_000)}1],"data_offsets":[0,1]}}`, 1);
  const before = process.memoryUsage().rss;
  expect(await errorOf(() => parseSafetensors(file))).toMatchObject({ code: "SHAPE_INVALID" });
  // The header as text, and no array of numbers, which would have 24 MB.
  expect(process.memoryUsage().rss - before).toBeLessThan(16_000_000);
});

test("no message repeats a name of any length", async () => {
  const file = fileOf(`{${entry("x".repeat(1_000_000), 0, 1)}}`);
  expect(((await errorOf(() => parseSafetensors(file))) as Error).message.length).toBeLessThan(500);
});

test("opening a file that is not there is an error of the storage", async () => {
  expect(await errorOf(() => openSafetensors(new MemoryStorage(), "nothing"))).toMatchObject({ code: "NOT_FOUND" });
});

test("a header of another order, with whitespace and trailing spaces, is read", () => {
  const file = fileOf(
    `{ "b" : {"data_offsets":[ 1 , 3 ],"dtype":"I16","shape":[]} ,\n"a":{"shape":[1],"dtype":"U8","data_offsets":[0,1]} }  `,
    3,
  );
  const { tensors } = parseSafetensors(file);
  expect([...tensors.keys()]).toEqual(["a", "b"]);
  expect(tensors.get("b")).toEqual({ dtype: "I16", shape: [], bytes: new Uint8Array(2) });
});

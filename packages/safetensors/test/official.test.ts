import { readFileSync } from "node:fs";
import { MemoryStorage } from "@snapfit/base";
import { describe, expect, test } from "vitest";
import { encodeSafetensors, openSafetensors, parseSafetensors, writeSafetensors } from "../src/index.js";

interface Contents {
  readonly metadata: Record<string, string>;
  readonly tensors: Record<string, { dtype: string; shape: number[]; hex: string }>;
}

const { version, ...files } = JSON.parse(readFileSync(fixture("official.json"), "utf8")) as { version: string } & Record<string, Contents>;

describe.each(Object.keys(files))(`%s.safetensors by the official library ${version}`, (name) => {
  const file = new Uint8Array(readFileSync(fixture(`${name}.safetensors`)));
  const { metadata, tensors } = files[name]! as Contents;

  test("is read as the official library reads it", () => {
    const contents = parseSafetensors(file);
    expect(Object.fromEntries(contents.metadata)).toEqual(metadata);
    expect(new Set(contents.tensors.keys())).toEqual(new Set(Object.keys(tensors)));
    for (const [key, { dtype, shape, bytes }] of contents.tensors)
      expect({ dtype, shape, hex: Buffer.from(bytes).toString("hex") }).toEqual(tensors[key]);
  });

  test("comes out byte for byte when it is encoded again, in any order of tensors", () => {
    const contents = parseSafetensors(file);
    const reversed = new Map([...contents.tensors].reverse());
    expect(encodeSafetensors(contents.tensors, { metadata: contents.metadata })).toEqual(file);
    expect(encodeSafetensors(reversed, { metadata: contents.metadata })).toEqual(file);
  });

  test("comes out byte for byte when it is read lazily and streamed", async () => {
    const storage = new MemoryStorage();
    await storage.write("official", file);
    const opened = await openSafetensors(storage, "official");
    const sources = [...opened.entries].map(
      ([key, { dtype, shape }]) => [key, { dtype, shape, bytes: async () => (await opened.read(key)).bytes }] as const,
    );
    await writeSafetensors(storage, "ours", new Map(sources), { metadata: opened.metadata });
    expect(await storage.read("ours")).toEqual(file);
  });
});

test("the fixtures hold every dtype but F6, which the Python package cannot write", () => {
  const written = new Set(Object.values((files["dtypes"] as Contents).tensors).map(({ dtype }) => dtype));
  const expected = "BF16 BOOL C64 F16 F32 F4 F64 F8_E4M3 F8_E4M3FNUZ F8_E5M2 F8_E5M2FNUZ F8_E8M0 I16 I32 I64 I8 U16 U32 U64 U8";
  expect([...written].sort().join(" ")).toBe(expected);
});

test("the payload begins at a multiple of 8 bytes and every tensor at a multiple of its element", async () => {
  const storage = new MemoryStorage();
  await storage.write("official", readFileSync(fixture("dtypes.safetensors")));
  const { entries } = await openSafetensors(storage, "official");
  const widths = { "8": 1, "16": 2, "32": 4, "64": 8 } as Record<string, number>;
  expect([...entries.values()][0]!.offset % 8).toBe(0);
  for (const { dtype, offset } of entries.values())
    expect(offset % (dtype === "C64" ? 8 : (widths[/^[A-Z]+(\d+)$/.exec(dtype)?.[1] ?? "8"] ?? 1))).toBe(0);
});

function fixture(name: string): URL {
  return new URL(`fixtures/${name}`, import.meta.url);
}

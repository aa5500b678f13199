import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import { parseJsonl, parseJsonlStream } from "@snapfit/data";
import { streamJsonl } from "@snapfit/data/node";
import { pieces } from "./support/table-fixtures.js";

const text = '\ufeff{"text": "ünï", "label": 1}\r\n\n[1, null]\n  \n"a\\nb"\n-0.5';
const values = [{ text: "ünï", label: 1 }, [1, null], "a\nb", -0.5];
const malformed = (message: string): unknown =>
  expect.objectContaining({ code: "JSONL_MALFORMED", message: expect.stringContaining(message) as string });

async function collected<Value>(source: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of source) all.push(value);
  return all;
}

describe("parseJsonl", () => {
  it("reads the value of each line", () => {
    expect(parseJsonl(text)).toEqual(values);
    expect(parseJsonl("")).toEqual([]);
    expectTypeOf(parseJsonl(text)).toEqualTypeOf<unknown[]>();
    expectTypeOf(parseJsonl<{ label: number }>(text)).toEqualTypeOf<{ label: number }[]>();
  });

  it("names the line that is not JSON", () => {
    expect(() => parseJsonl('1\n\n{"a": }\n4', "a.jsonl")).toThrow(
      malformed('a.jsonl, line 3: "{\\"a\\": }" is not JSON (Unexpected token'),
    );
    expect(() => parseJsonl('1\n{"a":')).toThrow(malformed("JSON Lines, line 2: "));
    expect(() => parseJsonl("1\n".repeat(3) + " ".repeat((1 << 26) + 1))).toThrow(
      malformed("line 4: there are more than 67108864 characters without a line end"),
    );
  });
});

describe("parseJsonlStream", () => {
  it("reads the same wherever pieces end, in UTF-16 too", async () => {
    for (const bytes of [Buffer.from(text), Buffer.from(text, "utf16le")])
      for (const length of [1, 2, 3, 5, 1000]) expect(await collected(parseJsonlStream(pieces(bytes, length)))).toEqual(values);
    expect(await collected(parseJsonlStream(new Response(text).body!))).toEqual(values);
  });

  it("gives the values before a fault", async () => {
    const stream = parseJsonlStream(pieces(Buffer.concat([Buffer.from("1\n2\n"), Uint8Array.of(0x22, 0xff, 0x22)]), 3), "a.jsonl");
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual([1, 2]);
    await expect(stream.next()).rejects.toThrow(malformed("a.jsonl, line 3: there are bytes that are not UTF-8 text."));
  });
});

describe("streamJsonl", () => {
  it("reads a file line by line, again in each iteration", async () => {
    const folder = await mkdtemp(join(tmpdir(), "snapfit-jsonl-"));
    try {
      await writeFile(join(folder, "a.jsonl"), text);
      const rows = streamJsonl(join(folder, "a.jsonl"));
      expect(await collected(rows)).toEqual(values);
      expect(await collected(rows)).toEqual(values);
      await writeFile(join(folder, "a.jsonl"), "1\nx\n");
      await expect(collected(rows)).rejects.toThrow(malformed(`${join(folder, "a.jsonl")}, line 2: "x" is not JSON`));
      await expect(collected(streamJsonl(join(folder, "none")))).rejects.toMatchObject({ code: "NOT_FOUND" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

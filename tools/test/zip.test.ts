import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, expect, it } from "vitest";
import { readZip } from "../lib/zip.mjs";

const folder = mkdtempSync(join(tmpdir(), "snapfit-zip-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** An archive by the format's description: local headers with their data, the directory, its end. Sums are left at 0: nobody reads them. */
function archive(files: readonly { name: string; text: string; isPacked: boolean; extraBytes: number }[]): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const { name, text, isPacked, extraBytes } of files) {
    const data = isPacked ? deflateRawSync(text) : Buffer.from(text);
    const local = Buffer.alloc(30 + name.length + extraBytes);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(extraBytes, 28);
    local.write(name, 30);
    const entry = Buffer.alloc(46 + name.length + 5);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(isPacked ? 8 : 0, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(5, 32);
    entry.writeUInt32LE(offset, 42);
    entry.write(name, 46);
    locals.push(local, data);
    entries.push(entry);
    offset += local.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...entries, end]);
}

it("reads the wanted files, stored and packed, past headers of different length", () => {
  const path = join(folder, "some.zip");
  const files = [
    { name: "a.txt", text: "stored", isPacked: false, extraBytes: 9 },
    { name: "left-out", text: "unread", isPacked: true, extraBytes: 0 },
    { name: "b/c.txt", text: "packed ".repeat(100), isPacked: true, extraBytes: 28 },
  ];
  writeFileSync(path, archive(files));
  const found = readZip(path, (name) => name.endsWith(".txt")).map(({ name, bytes }) => [name, bytes.toString()]);
  expect(found).toEqual([
    ["a.txt", "stored"],
    ["b/c.txt", "packed ".repeat(100)],
  ]);
});

it("refuses what is no archive", () => {
  const path = join(folder, "no.zip");
  writeFileSync(path, "no archive");
  expect(() => readZip(path, () => true)).toThrow(`${path} is no ZIP archive.`);
});

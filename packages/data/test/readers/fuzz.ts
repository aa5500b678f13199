import { deflateSync, inflateRawSync, inflateSync } from "node:zlib";
import * as hyparquet from "hyparquet";
import { RandomStream, SnapfitError } from "@snapfit/base";
import { decodeImage, parseCsvStream, parseIdx, parseJsonlStream, parseNpy, parseNpz } from "@snapfit/data";
import { readTable } from "../../src/node/parquet-table.js";
import { crc32 } from "../../src/readers/crc32.js";
import { imageCases } from "./support/image-cases.js";
import { decodePlainly, decodeQuickly } from "./support/plain-jpeg.js";
import { pngChunk } from "./support/make-png.js";
import { numpyFixtures } from "./support/numpy-fixtures.js";
import { fixtureBytes, tableFixtures } from "./support/table-fixtures.js";

/** A reader of outside bytes. */
interface Parser {
  readonly seeds: readonly Uint8Array[];
  readonly codes: readonly string[];
  /** @returns bytes of what it made. */
  parse(bytes: Uint8Array): number | Promise<number>;
  /** Makes sums and packing fit again, so that damage gets behind them. */
  repair?(bytes: Uint8Array): Uint8Array;
}

const imageSeeds = (format: string): Uint8Array[] => imageCases.filter(({ name }) => name.startsWith(format)).map(({ bytes }) => bytes);
const parseImage = (bytes: Uint8Array): number => decodeImage(bytes, { maxPixels: 1e6, channels: 4 }).data.length;

/** With vector instructions and without, the outcome is the same. */
function parseJpeg(bytes: Uint8Array): number {
  const size = parseImage(bytes);
  const quick = decodeQuickly(bytes);
  const plain = quick && decodePlainly(bytes);
  if (Buffer.compare(Buffer.from(quick ?? ""), Buffer.from(plain ?? "")) !== 0)
    throw new Error("The pixels with vector instructions differ.");
  return size;
}

const memoryFile = (bytes: Uint8Array): Parameters<typeof readTable>[1] => ({
  byteLength: bytes.length,
  slice: (start, end) => Promise.resolve(new Uint8Array(bytes.subarray(start, end)).buffer),
});

async function drained(source: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of source) count++;
  return count;
}

const parquetColumns = Object.entries({
  int64: "integer",
  float: "number",
  ok: "boolean",
  text: "string",
  class: "category",
  time: "date",
} as const);

export const parsers: Readonly<Record<string, Parser>> = {
  PNG: { seeds: imageSeeds("png"), codes: ["SAMPLE_BAD"], parse: parseImage, repair: repairPng },
  JPEG: { seeds: imageSeeds("jpeg"), codes: ["SAMPLE_BAD"], parse: parseJpeg },
  IDX: {
    seeds: [Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6), Uint8Array.of(0, 0, 12, 1, 0, 0, 0, 1, 1, 2, 3, 4)],
    codes: ["IDX_MALFORMED"],
    parse: (bytes) => parseIdx(bytes).data.byteLength,
  },
  NPY: {
    seeds: numpyFixtures.arrays.map(({ file }) => fixtureBytes(file)),
    codes: ["NPY_MALFORMED", "NPY_OTHER", "NPY_VALUE"],
    parse: (bytes) => parseNpy(bytes).data.byteLength + parseNpy(bytes, { dtype: bytes.length % 2 ? "float32" : "int32" }).data.byteLength,
  },
  NPZ: {
    seeds: Object.values(numpyFixtures.archives).map(fixtureBytes),
    codes: ["NPY_MALFORMED", "NPY_OTHER"],
    parse: (bytes) => Object.values(parseNpz(bytes)).reduce((sum, { data }) => sum + data.byteLength, 0),
    repair: repairZip,
  },
  CSV: {
    seeds: Object.values(tableFixtures.csv.files).map(({ file }) => fixtureBytes(file)),
    codes: ["CSV_MALFORMED", "CSV_COLUMN", "CSV_VALUE"],
    parse: (bytes) =>
      drained(
        parseCsvStream([bytes.subarray(0, 100), bytes.subarray(100)], {
          columns: { note: "string", mass: "number", count: "integer", ok: "boolean", day: "date" },
          encoding: (["utf-8", "utf-16le", "latin1"] as const)[bytes.length % 3]!,
          chunkRows: 3,
        }),
      ),
  },
  JSONL: {
    seeds: ['{"text": "ünï", "label": 1}\n\n[1, null]\n"a\\nb"\n-0.5', '{"a": {"b": [[], {}]}}\n'].map(
      (text) => new Uint8Array(Buffer.from(text)),
    ),
    codes: ["JSONL_MALFORMED"],
    parse: (bytes) => drained(parseJsonlStream([bytes.subarray(0, 9), bytes.subarray(9)])),
  },
  Parquet: {
    seeds: Object.values(tableFixtures.parquet).map(fixtureBytes),
    codes: ["PARQUET_MALFORMED", "PARQUET_COLUMN", "PARQUET_VALUE"],
    async parse(bytes) {
      const [name, kind] = parquetColumns[bytes.length % parquetColumns.length]!;
      const { numRows } = await readTable(hyparquet, memoryFile(bytes), { [name]: kind }, "a.parquet");
      return numRows;
    },
  },
};

/** What stands in the place of numbers. */
const NUMBERS = [0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

/** No input of a few kilobytes may take longer, on a machine with other work. */
const MOST_MS = 10_000;

/** Gives damaged files to a parser, and counts what becomes of them: by error code, or `accepted`. Throws on the first that ends in another way. */
export async function fuzz(name: string, seed: number, isDone: (numInputs: number) => boolean): Promise<Record<string, number>> {
  const { seeds, codes, parse, repair } = parsers[name]!;
  const random = RandomStream.fromSeed(seed, name);
  const counts: Record<string, number> = {};
  for (let i = 0; !isDone(i); i++) {
    const damaged = mutated(pick(seeds, random), seeds, random);
    const input = repair && random.uniform() < 0.7 ? repair(damaged) : damaged;
    const start = performance.now();
    let outcome = "accepted";
    try {
      await parse(input);
    } catch (error) {
      if (!(error instanceof SnapfitError && codes.includes(error.code)))
        throw new Error(`Input ${i} of seed ${seed} of ${name} fails: ${Buffer.from(input).toString("base64")}`, { cause: error });
      outcome = error.code;
    }
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (performance.now() - start > MOST_MS)
      throw new Error(`Input ${i} of seed ${seed} of ${name} takes too long: ${Buffer.from(input).toString("base64")}`);
  }
  return counts;
}

function pick<Value>(values: readonly Value[], random: RandomStream): Value {
  return values[random.integer(values.length)]!;
}

/** A file with one to six changes. */
function mutated(file: Uint8Array, others: readonly Uint8Array[], random: RandomStream): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(file);
  for (let left = 1 + random.integer(6); left > 0 && bytes.length > 0; left--) {
    const at = random.integer(bytes.length);
    const length = 1 + random.integer(Math.min(64, bytes.length - at));
    const change = random.integer(8);
    if (change === 0) bytes[at]! ^= 1 << random.integer(8);
    else if (change === 1) bytes[at] = pick(NUMBERS, random);
    else if (change === 2 && at + 4 <= bytes.length)
      new DataView(bytes.buffer).setUint32(at, pick(NUMBERS, random), random.uniform() < 0.5);
    else if (change === 3) bytes = bytes.slice(0, at);
    else if (change === 4) bytes = joined(bytes.subarray(0, at), bytes.subarray(at + length));
    else if (change === 5) bytes = joined(bytes.subarray(0, at + length), bytes.subarray(at));
    else if (change === 6) {
      const other = pick(others, random);
      const from = random.integer(other.length);
      bytes = joined(bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at + length));
    } else bytes.fill(random.integer(256), at, at + Math.min(8, length));
  }
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Writes the chunks anew, with right sums; of pixel data that can no longer be unpacked, the bytes themselves become the pixels. */
function repairPng(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [bytes.subarray(0, 8)];
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = Math.min(view.getUint32(at), bytes.length - at - 12);
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString("latin1");
    const content = bytes.subarray(at + 8, at + 8 + length);
    const isBroken = crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length);
    parts.push(pngChunk(type, type === "IDAT" && isBroken && !isPacked(content) ? deflateSync(content) : content));
    at += 12 + length;
  }
  return joined(...parts);
}

/** Gives the entries of the directory the sums of what is packed there. */
function repairZip(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  for (let at = file.indexOf("PK\x01\x02"); at >= 0 && at + 46 <= file.length; at = file.indexOf("PK\x01\x02", at + 1)) {
    const start = Math.min(file.readUInt32LE(at + 42), file.length - 30);
    const data = start + 30 + file.readUInt16LE(start + 26) + file.readUInt16LE(start + 28);
    const packed = file.subarray(data, data + file.readUInt32LE(at + 20));
    file.writeUInt32LE(crc32(file.readUInt16LE(at + 10) === 0 ? packed : unpacked(packed)), at + 16);
  }
  return new Uint8Array(file);
}

function unpacked(bytes: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: 1e6 });
  } catch {
    return new Uint8Array(0);
  }
}

function isPacked(content: Uint8Array): boolean {
  try {
    inflateSync(content, { maxOutputLength: 1e6 });
    return true;
  } catch {
    return false;
  }
}

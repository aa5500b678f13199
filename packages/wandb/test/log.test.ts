import { appendFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProtoWriter } from "@snapfit/logging/node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonText } from "../src/log/json-text.js";
import { LogReader } from "../src/log/log-reader.js";
import { protoFields } from "../src/log/proto-reader.js";
import { readRecord } from "../src/log/read-records.js";
import { RecordKind } from "../src/log/record-kinds.js";
import { TransactionLog } from "../src/log/transaction-log.js";
import { encodedItems, writeHistory, writeRun } from "../src/log/write-records.js";
import { valuesOf } from "./support/read-log.js";

const newPath = (): string => join(mkdtempSync(join(tmpdir(), "snapfit-wandb-")), "run-a.wandb");

/** A log of texts of these lengths. */
function logOf(lengths: readonly number[]): { readonly path: string; readonly ends: readonly number[] } {
  const path = newPath();
  const log = new TransactionLog(path);
  const ends = lengths.map((length) => {
    log.add(RecordKind.outputRaw, (writer) => writer.text(3, "x".repeat(length)));
    log.commit();
    return log.sizeBytes;
  });
  log.close();
  return { path, ends };
}

function linesOf(path: string): number[] {
  const reader = new LogReader(path);
  const lengths: number[] = [];
  try {
    for (let record = reader.next(); record !== undefined; record = reader.next()) {
      const entry = readRecord(record);
      if (entry.kind === "outputRaw") lengths.push(entry.line.length);
    }
  } finally {
    reader.close();
  }
  return lengths;
}

describe("the log", () => {
  test("has the bytes that the official client reads and writes", () => {
    const path = newPath();
    const log = new TransactionLog(path);
    log.add(RecordKind.history, (writer) => writeHistory(writer, 7, encodedItems([["loss", "0.5"]])));
    log.commit();
    log.close();
    // num = 1, history { item { nested_key "loss", value_json "0.5" }, step { num 7 } }, as protobuf's Python library has it, in one FULL chunk; the checksum is zlib's of type and data.
    expect(readFileSync(path).toString("hex")).toBe(
      "3a572642e1be00" + "2a46447d1600" + "01" + "0801" + "1212" + "0a0c" + "12046c6f7373" + "8201" + "03302e35" + "12020807",
    );
  });

  test("gives back what was written, wherever blocks end", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(100), fc.integer({ min: 32600, max: 32800 }), fc.nat(100_000)), { maxLength: 8 }), (lengths) => {
        expect(linesOf(logOf(lengths).path)).toEqual(lengths);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  test("begins a record with an empty chunk where a block has room for a header only", () => {
    // File header 7, chunk header 7, data 32747: seven bytes are left.
    const { path } = logOf([32747 - 10, 5]);
    const bytes = readFileSync(path);
    expect([bytes.readUInt16LE(32761 + 4), bytes[32761 + 6]]).toEqual([0, 2]);
    expect(linesOf(path)).toEqual([32737, 5]);
  });

  test("cut at any byte, holds the records before the cut", () => {
    const { path, ends } = logOf([10, 40_000, 3]);
    const whole = readFileSync(path);
    const cuts = [...Array(80).keys(), 32760, 32768, 32770, 32775, ends[1]! - 1, ends[1]!, ends[1]! + 1, ends[2]! - 1];
    for (const cut of cuts) {
      writeFileSync(path, whole.subarray(0, cut));
      const reader = new LogReader(path);
      while (reader.next() !== undefined);
      expect(reader.end, `cut at ${cut}`).toBe(cut < 7 ? 0 : Math.max(7, ...ends.filter((end) => end <= cut)));
      reader.close();
    }
  });

  test("is read while it grows", () => {
    const { path, ends } = logOf([10, 20]);
    const bytes = readFileSync(path);
    truncateSync(path, ends[0]! + 3);
    const reader = new LogReader(path);
    expect(reader.next()).toBeDefined();
    expect(reader.next()).toBeUndefined();
    appendFileSync(path, bytes.subarray(ends[0]! + 3));
    expect(reader.next()).toBeDefined();
    reader.close();
  });

  test("says where it is damaged", () => {
    const { path, ends } = logOf([10, 20, 30]);
    const bytes = readFileSync(path);
    bytes[ends[0]! + 12]! ^= 1;
    writeFileSync(path, bytes);
    expect(() => linesOf(path)).toThrow(
      expect.objectContaining({ code: "LOG_DAMAGED", message: expect.stringContaining(`damaged at byte ${ends[0]}: a checksum is wrong`) }),
    );
  });

  test("never takes garbage for records", () => {
    const path = newPath();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (garbage) => {
        writeFileSync(path, Buffer.concat([Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0), garbage]));
        try {
          expect(linesOf(path)).toEqual([]);
        } catch (error) {
          expect(error).toMatchObject({ code: "LOG_DAMAGED" });
        }
      }),
      { seed: 5 },
    );
  });
});

describe("protobuf", () => {
  test("numbers and lengths of any size come back", () => {
    const writer = new ProtoWriter();
    writer.varint(1, 0);
    writer.varint(2, 2 ** 53);
    writer.varint(199, 300);
    writer.message(4, () => writer.text(1, "é".repeat(100_000)));
    const fields = protoFields(writer.take());
    expect(fields.slice(0, 3)).toEqual([
      { field: 1, value: 0 },
      { field: 2, value: 2 ** 53 },
      { field: 199, value: 300 },
    ]);
    expect(protoFields(fields[3]!.value as Uint8Array)[0]!.value).toHaveLength(200_000);
  });

  test("garbage is refused with a code or read as fields", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          protoFields(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "LOG_DAMAGED" });
        }
      }),
      { seed: 9 },
    );
  });

  test("a run comes back as it was written", () => {
    const run = {
      runId: "abc",
      entity: "me",
      project: "p",
      name: "한글 🙂",
      group: "g",
      jobType: "j",
      tags: ["a", "b"],
      notes: "n",
      sweepId: "s",
      host: "h",
      startMs: 1_700_000_000_123,
      isResumed: true,
    };
    const writer = new ProtoWriter();
    writer.message(RecordKind.run, () => writeRun(writer, run, [["lr", "0.1"]], "1.2.3"));
    expect(readRecord(writer.take())).toEqual({ kind: "run", run: { ...run, config: [{ path: ["lr"], json: "0.1" }], version: "1.2.3" } });
  });
});

describe("jsonText", () => {
  test("writes what JSON lacks as Python does", () => {
    expect(jsonText({ a: [NaN, Infinity, -Infinity, -0, 1e21], b: undefined, c: null, 한: "글\n" })).toBe(
      '{"a":[NaN,Infinity,-Infinity,-0.0,1e+21],"c":null,"한":"글\\n"}',
    );
    expect(jsonText(Float32Array.of(1, NaN))).toBe("[1,NaN]");
  });

  test("keeps every number", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(valuesOf([{ path: ["v"], json: jsonText(value) }])["v"]).toBe(value);
      }),
      { seed: 1 },
    );
  });
});

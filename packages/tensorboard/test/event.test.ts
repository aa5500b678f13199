import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crc32c, maskedCrc32c } from "../src/crc32c.js";
import { restartRecord, summaryRecord, versionRecord } from "../src/event.js";
import { sessionEnd, sessionStart } from "../src/hparams.js";
import { histogramValue, imageValue, scalarValue, textValue } from "../src/summary-values.js";

/** By the official package; fixtures/make_events.py wrote them. */
const { records } = JSON.parse(readFileSync(new URL("fixtures/events.json", import.meta.url), "utf8")) as {
  records: Record<string, string>;
};
const timeMs = 1_234_500;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("events have the bytes that the official package writes:", () => {
  test.each([
    ["version", versionRecord(timeMs)],
    ["restart", restartRecord(timeMs)],
    [
      "scalars",
      summaryRecord(5_000_000_000, [scalarValue("train/loss", 0.25), scalarValue("비율", 0), scalarValue("x", -Infinity)], timeMs),
    ],
    ["text", summaryRecord(300, [textValue("note", "안녕 🎉")], timeMs)],
    ["histogram", summaryRecord(1, [histogramValue("weights", [-1, 0, 1, 3], [1, 2, 3])], timeMs)],
    [
      "image",
      summaryRecord(
        127,
        [imageValue("sample", { bytes: Buffer.from("\u0089PNG", "latin1"), width: 3, height: 2, numChannels: 1 })],
        timeMs,
      ),
    ],
    ["sessionStart", summaryRecord(128, [sessionStart({ lr: 0.5, model: { layers: [1, 2], none: null }, quiet: false }, timeMs)], timeMs)],
    ["sessionEnd", summaryRecord(129, [sessionEnd(timeMs)], timeMs)],
  ])("%s", (name, record) => {
    expect(hex(record)).toBe(records[name]);
  });
});

test.each([
  ["32 zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 ones", new Uint8Array(32).fill(255), 0x62a8ab43],
  ["rising", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["falling", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
])("CRC-32C of %s, from RFC 3720, appendix B.4", (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

test("a checksum is masked by 15 bits and a constant", () => {
  expect(maskedCrc32c(new Uint8Array(32))).toBe((((0x8a9136aa >>> 15) | (0x8a9136aa << 17)) + 0xa282ead8) >>> 0);
});

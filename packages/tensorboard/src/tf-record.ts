import { closeSync, openSync, readSync } from "node:fs";
import { maskedCrc32c } from "./crc32c.js";

const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;
const CHUNK_BYTES = 1 << 20;

/** Data as a record of a TFRecord file: its length in 8 bytes, their checksum, the data, its checksum; all little-endian. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.allocUnsafe(HEADER_BYTES + data.length + FOOTER_BYTES);
  record.writeUInt32LE(data.length, 0);
  record.writeUInt32LE(0, 4); // no record has 4 GiB
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, HEADER_BYTES);
  record.writeUInt32LE(maskedCrc32c(data), HEADER_BYTES + data.length);
  return record;
}

/** The whole records of a file, as they stand there, up to one that is torn. @param sizeBytes where to stop at the latest */
export function* readTfRecords(path: string, sizeBytes = Infinity): Generator<Uint8Array, void> {
  const descriptor = openSync(path, "r");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let pending = Buffer.alloc(0);
    for (let at = 0; at < sizeBytes;) {
      const read = readSync(descriptor, chunk, 0, Math.min(CHUNK_BYTES, sizeBytes - at), at);
      if (read === 0) return;
      at += read;
      pending = Buffer.concat([pending, chunk.subarray(0, read)]);
      let from = 0;
      while (pending.length - from >= HEADER_BYTES) {
        const end = from + HEADER_BYTES + pending.readUInt32LE(from) + FOOTER_BYTES;
        if (end > pending.length) break;
        yield pending.subarray(from, end);
        from = end;
      }
      pending = pending.subarray(from);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The data of a record. */
export function dataOf(record: Uint8Array): Uint8Array {
  return record.subarray(HEADER_BYTES, record.length - FOOTER_BYTES);
}

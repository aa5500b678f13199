import { crc32 } from "node:zlib";

/** Bytes of a block; the header of the file counts as part of the first one. */
export const BLOCK_BYTES = 32768;
/** Checksum, length and type before the data of a chunk. */
export const CHUNK_HEADER_BYTES = 7;
/** `:W&B`, 0xBEE1, version 0. */
export const FILE_HEADER: Uint8Array = Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0);

export const FULL = 1;
export const FIRST = 2;
export const MIDDLE = 3;
export const LAST = 4;

const checksums = [0, FULL, FIRST, MIDDLE, LAST].map((type) => crc32(Uint8Array.of(type)));

/** Of a chunk: CRC-32 over its type and data. */
export function chunkChecksum(type: number, data: Uint8Array): number {
  return crc32(data, checksums[type]);
}

/**
 * A record in the framing of W&B's logs, which is that of LevelDB's with another checksum.
 * @param fileSize where in the file the bytes will stand
 * @see wandb/wandb: core/pkg/leveldb/record.go
 */
export function frameRecord(data: Uint8Array, fileSize: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let left = BLOCK_BYTES - (fileSize % BLOCK_BYTES);
  let at = 0;
  let isFirst = true;
  do {
    if (left < CHUNK_HEADER_BYTES) {
      pieces.push(new Uint8Array(left));
      left = BLOCK_BYTES;
    }
    const length = Math.min(data.length - at, left - CHUNK_HEADER_BYTES);
    const isLast = at + length === data.length;
    pieces.push(...chunk(isFirst ? (isLast ? FULL : FIRST) : isLast ? LAST : MIDDLE, data.subarray(at, at + length)));
    isFirst = false;
    at += length;
    left -= CHUNK_HEADER_BYTES + length;
  } while (at < data.length);
  return pieces;
}

function chunk(type: number, data: Uint8Array): [header: Uint8Array, data: Uint8Array] {
  const header = Buffer.allocUnsafe(CHUNK_HEADER_BYTES);
  header.writeUInt32LE(chunkChecksum(type, data), 0);
  header.writeUInt16LE(data.length, 4);
  header[6] = type;
  return [header, data];
}

import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

const endOfDirectory = 0x06054b50;
const stored = 0;

/**
 * Reads files out of a ZIP archive, such as a Python wheel. No ZIP64, no encryption.
 * @param {string} archive path
 * @param {(name: string) => boolean} wanted
 * @returns {{ name: string, bytes: Buffer }[]}
 */
export function readZip(archive, wanted) {
  const bytes = readFileSync(archive);
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || bytes.readUInt32LE(end) !== endOfDirectory) throw new Error(`${archive} is no ZIP archive.`);
  let at = bytes.readUInt32LE(end + 16);
  const files = [];
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const method = bytes.readUInt16LE(at + 10);
    const packedBytes = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const header = bytes.readUInt32LE(at + 42);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    if (wanted(name)) {
      // The local header repeats the name and has extra fields of its own length.
      const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
      const packed = bytes.subarray(start, start + packedBytes);
      files.push({ name, bytes: method === stored ? packed : inflateRawSync(packed) });
    }
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}

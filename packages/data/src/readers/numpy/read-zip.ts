import { inflateSync } from "fflate";
import { crc32 } from "../crc32.js";
import { npyMalformed } from "./npy-error.js";

/** A file in a ZIP. */
export interface ZipEntry {
  readonly name: string;
  /** Unpacks it, and checks its sum. */
  read(): Uint8Array;
}

/** Deflate makes at most this many bytes of one. */
const MOST_INFLATED = 1032;

/** Where and how a file lies in a ZIP (APPNOTE 4.3.12). */
interface Location {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly offset: number;
}

/** The files in a ZIP, stored or deflated, with more than 4 GiB too. @throws SnapfitError `NPY_MALFORMED` */
export function readZip(bytes: Uint8Array, file: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = findDirectory(view, file);
  const locations: Location[] = [];
  for (let i = 0, at = directory.start; i < directory.numEntries; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      throw npyMalformed(file, at, `entry ${i} of the ZIP's directory is due, but not there`);
    const [nameLength, extraLength, commentLength] = [
      view.getUint16(at + 28, true),
      view.getUint16(at + 30, true),
      view.getUint16(at + 32, true),
    ];
    const extraAt = at + 46 + nameLength;
    if (extraAt + extraLength > bytes.length) throw npyMalformed(file, bytes.length, "the file ends in the ZIP's directory");
    const [packedBytes, sizeBytes, offset] = sizesOf(view, at, extraAt, extraAt + extraLength);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, extraAt));
    locations.push({ name, method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true), packedBytes, sizeBytes, offset });
    at = extraAt + extraLength + commentLength;
  }
  // Entries that share their bytes could make gigabytes of kilobytes.
  if (locations.reduce((sum, { packedBytes }) => sum + packedBytes, 0) > bytes.length)
    throw npyMalformed(file, directory.start, "the ZIP's directory tells of more bytes than the file has");
  return locations.map((location) => ({ name: location.name, read: () => readEntry(bytes, view, location, file) }));
}

function findDirectory(view: DataView, file: string): { readonly start: number; readonly numEntries: number } {
  const first = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= first; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const found = { start: view.getUint32(at + 16, true), numEntries: view.getUint16(at + 10, true) };
    if (found.start !== 0xffffffff && found.numEntries !== 0xffff) return found;
    const end64 = at >= 20 && view.getUint32(at - 20, true) === 0x07064b50 ? Number(view.getBigUint64(at - 12, true)) : Infinity;
    if (end64 + 56 > view.byteLength || view.getUint32(end64, true) !== 0x06064b50)
      throw npyMalformed(file, at, "the ZIP has no directory for large files");
    return { start: Number(view.getBigUint64(end64 + 48, true)), numEntries: Number(view.getBigUint64(end64 + 32, true)) };
  }
  throw npyMalformed(file, view.byteLength, "there is no end of a ZIP's directory: the file is truncated, or no ZIP");
}

/** Packed and unpacked size and offset of an entry, which large files have in an extra field (APPNOTE 4.5.3). */
function sizesOf(view: DataView, at: number, extraAt: number, extraEnd: number): [number, number, number] {
  const short = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  let field = extraAt;
  while (field + 4 <= extraEnd && view.getUint16(field, true) !== 1) field += 4 + view.getUint16(field + 2, true);
  let next = field + 4;
  const [size, packed, offset] = short.map((value) => {
    if (value !== 0xffffffff || next + 8 > extraEnd) return value;
    next += 8;
    return Number(view.getBigUint64(next - 8, true));
  });
  return [packed!, size!, offset!];
}

function readEntry(
  bytes: Uint8Array,
  view: DataView,
  { name, method, crc, packedBytes, sizeBytes, offset }: Location,
  file: string,
): Uint8Array {
  const fault = (what: string, cause?: unknown): Error => npyMalformed(file, offset, `"${name}" ${what}`, cause);
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== 0x04034b50) throw fault("is due here, but is not there");
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packedBytes > bytes.length) throw fault("goes on beyond the end of the file");
  if (method !== 0 && method !== 8) throw fault(`is packed by method ${method}, but stored or deflated files are expected`);
  if (method === 0 ? sizeBytes !== packedBytes : sizeBytes > MOST_INFLATED * packedBytes)
    throw fault(`cannot have ${sizeBytes} bytes, of which ${packedBytes} are stored`);
  const packed = bytes.subarray(start, start + packedBytes);
  let unpacked = packed;
  try {
    if (method === 8) unpacked = inflateSync(packed, { out: new Uint8Array(sizeBytes) });
  } catch (cause) {
    throw fault(`cannot be unpacked (${(cause as Error).message})`, cause);
  }
  if (unpacked.length !== sizeBytes || crc32(unpacked) !== crc) throw fault("is damaged: its check sum does not hold");
  return unpacked;
}

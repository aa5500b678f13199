import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A value of a tag, by its step. */
export interface TagValue {
  readonly step: number;
  readonly value: unknown;
}

/** Values in the order of the files, without those that a restart made TensorBoard forget. */
export interface EventLogContent {
  readonly values: readonly (TagValue & { readonly tag: string })[];
  readonly numRestarts: number;
}

/** The values of a folder by tag. */
export function readEvents(folder: string): Record<string, TagValue[]> {
  const tags: Record<string, TagValue[]> = {};
  for (const { tag, ...value } of readLog(folder).values) (tags[tag] ??= []).push(value);
  return tags;
}

/** Without what a clock has measured. */
export function lastingEvents<T>(tags: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(tags).filter(([tag]) => tag !== "train/samples_per_second"));
}

/** Reads the event files of a folder as TensorBoard does, and checks every checksum: written for tests, from the formats' descriptions alone. */
export function readLog(folder: string): EventLogContent {
  let values: EventLogContent["values"][number][] = [];
  let numRestarts = 0;
  const files = readdirSync(folder)
    .filter((name) => name.includes("tfevents"))
    .sort();
  for (const name of files) {
    for (const data of framesOf(readFileSync(join(folder, name)))) {
      const event = fieldsOf(data);
      const step = Number(event.get(2)?.[0] ?? 0);
      if (event.has(7)) {
        values = values.filter((each) => each.step < step);
        numRestarts += 1;
      }
      for (const summary of (event.get(5) ?? []) as Buffer[]) {
        for (const bytes of (fieldsOf(summary).get(1) ?? []) as Buffer[]) {
          const fields = fieldsOf(bytes);
          values.push({ tag: String(fields.get(1)![0]), step, value: valueOf(fields) });
        }
      }
    }
  }
  return { values, numRestarts };
}

function valueOf(fields: Map<number, unknown[]>): unknown {
  if (fields.has(2)) return fields.get(2)![0];
  const [message] = (fields.get(4) ?? fields.get(5) ?? fields.get(8)!) as [Buffer];
  const inner = fieldsOf(message);
  if (fields.has(4)) return [...inner.values()].map(([field]) => (Buffer.isBuffer(field) ? field.toString("latin1") : field));
  if (fields.has(5)) return doubles(inner.get(7)![0] as Buffer);
  return inner.has(8) ? String(inner.get(8)![0]) : undefined;
}

function doubles(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8));
}

function* framesOf(file: Buffer): Generator<Buffer, void> {
  for (let at = 0; at + 12 <= file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    if (at + 16 + length > file.length) return; // torn
    const data = file.subarray(at + 12, at + 12 + length);
    if (file.readUInt32LE(at + 8) !== checksum(file.subarray(at, at + 8))) throw new Error(`wrong checksum of the length at ${at}`);
    if (file.readUInt32LE(at + 12 + length) !== checksum(data)) throw new Error(`wrong checksum of the data at ${at}`);
    yield data;
    at += 16 + length;
  }
}

/** Masked CRC-32C, bit by bit. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

/** The fields of a message by number, each with all of its values. */
function fieldsOf(message: Buffer): Map<number, unknown[]> {
  const fields = new Map<number, unknown[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const readers: Readonly<Record<number, () => unknown>> = {
    0: varint,
    1: () => message.readDoubleLE((at += 8) - 8),
    2: () => {
      const length = varint();
      return message.subarray(at, (at += length));
    },
    5: () => message.readFloatLE((at += 4) - 4),
  };
  while (at < message.length) {
    const key = varint();
    const value = readers[key & 7]!();
    fields.set(key >>> 3, [...(fields.get(key >>> 3) ?? []), value]);
  }
  return fields;
}

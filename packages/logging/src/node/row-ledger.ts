import { createHash } from "node:crypto";
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Bytes of an entry: 8 of the row's digest, 4 of its segment, 8 of where it ends there. */
const ENTRY_BYTES = 20;

/** The part of a log that rows go to now: a file that was torn is not written any more, another one begins. */
export interface LogSegment {
  readonly segment: number;
  readonly sizeBytes: number;
}

/** Where a log stands after it has been opened. */
export interface LedgerPlace {
  /** Rows that the restored state knows of, and the log does not have: lost with a power failure, or with the files. */
  readonly numMissing: number;
  /** Rows that the log has beyond the restored state: expected to come again. */
  readonly numExpected: number;
  /** Where the last row of the log ends. What stands behind it was torn, or is not known here. */
  readonly end: LogSegment;
}

/** What to do with a row: write it; leave it, since the log has it; or write it as the first one of a branch, since the log has another one there. */
export type Admission = "new" | "replayed" | "rewound";

/**
 * Remembers which rows a log has, in a file beside it, so that a run that is resumed behind its last rows writes none of them twice and misses none.
 * A resumed run repeats the bits of the first one, so its rows come in the same order; one that differs begins a branch.
 * An entry is written before its row. One whose row did not arrive whole is dropped when the ledger is opened.
 */
export class RowLedger {
  readonly #descriptor: number;
  /** Entries of the rows that are expected to come again. */
  #expected: Buffer;
  /** Rows of the log that this run has come to. */
  #position: number;
  /** Before the row that was noted last. */
  #previousEnd: LogSegment;
  #end: LogSegment;
  #admitted: { readonly row: string; readonly digest: Uint8Array } = { row: "", digest: new Uint8Array() };

  /** @param current the log as it is now @param numRestored rows that the restored state knows of. @default all that are there */
  constructor(path: string, current: LogSegment, numRestored?: number) {
    mkdirSync(dirname(path), { recursive: true });
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    this.#descriptor = openSync(path, existsSync(path) ? "r+" : "w+");
    let numEntries = 0;
    for (; (numEntries + 1) * ENTRY_BYTES <= bytes.length; numEntries++) {
      const { segment, sizeBytes } = endOf(bytes, numEntries);
      if (segment > current.segment || (segment === current.segment && sizeBytes > current.sizeBytes)) break;
    }
    ftruncateSync(this.#descriptor, numEntries * ENTRY_BYTES);
    const numMissing = Math.max(0, (numRestored ?? 0) - numEntries);
    // Missing rows have empty entries, so that those that follow have their numbers.
    if (numMissing > 0)
      writeSync(this.#descriptor, repeated(entryOf(new Uint8Array(8), current), numMissing), 0, undefined, numEntries * ENTRY_BYTES);
    this.#position = numRestored ?? numEntries;
    const numExpected = numEntries + numMissing - this.#position;
    const endAfter = (numRows: number): LogSegment =>
      numMissing > 0 ? current : numRows === 0 ? { segment: 0, sizeBytes: 0 } : endOf(bytes, numRows - 1);
    this.#expected = bytes.subarray(this.#position * ENTRY_BYTES, numEntries * ENTRY_BYTES);
    this.#end = endAfter(this.#position);
    this.#previousEnd = this.#end;
    this.place = { numMissing, numExpected, end: endAfter(numEntries) };
  }

  readonly place: LedgerPlace;

  /** Rows that this run has logged, in all of its processes: what its state keeps. */
  get numRows(): number {
    return this.#position;
  }

  /** Where the last of them ends in the log. */
  get end(): LogSegment {
    return this.#end;
  }

  /** Rows that the log has beyond these: they are expected to come again. */
  get numExpected(): number {
    return this.#expected.length / ENTRY_BYTES;
  }

  /** What to do with a row. @param row its text, equal whenever the run does the same: without times */
  admit(row: string): Admission {
    const digest = digestOf(row);
    this.#admitted = { row, digest };
    if (this.#expected.length === 0) return "new";
    if (this.#expected.subarray(0, 8).equals(digest)) {
      this.#position += 1;
      this.#end = endOf(this.#expected, 0);
      this.#expected = this.#expected.length === ENTRY_BYTES ? Buffer.alloc(0) : this.#expected.subarray(ENTRY_BYTES);
      return "replayed";
    }
    this.#expected = Buffer.alloc(0);
    ftruncateSync(this.#descriptor, this.#position * ENTRY_BYTES);
    return "rewound";
  }

  /** To be called before an admitted row is written. @param end of its segment once it is there */
  note(row: string, end: LogSegment): void {
    const digest = row === this.#admitted.row ? this.#admitted.digest : digestOf(row);
    writeSync(this.#descriptor, entryOf(digest, end), 0, ENTRY_BYTES, this.#position * ENTRY_BYTES);
    this.#position += 1;
    [this.#previousEnd, this.#end] = [this.#end, end];
  }

  /** Takes back the row that was noted last: it could not be written. */
  takeBack(): void {
    this.#position -= 1;
    this.#end = this.#previousEnd;
    ftruncateSync(this.#descriptor, this.#position * ENTRY_BYTES);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function digestOf(row: string): Uint8Array {
  return createHash("sha1").update(row).digest().subarray(0, 8);
}

function entryOf(digest: Uint8Array, { segment, sizeBytes }: LogSegment): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES);
  entry.set(digest);
  entry.writeUInt32LE(segment, 8);
  entry.writeBigUInt64LE(BigInt(sizeBytes), 12);
  return entry;
}

function endOf(entries: Buffer, index: number): LogSegment {
  const at = index * ENTRY_BYTES;
  return { segment: entries.readUInt32LE(at + 8), sizeBytes: Number(entries.readBigUInt64LE(at + 12)) };
}

function repeated(entry: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => entry));
}

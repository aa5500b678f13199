import { diskError } from "@snapfit/base/node";
import { hash } from "node:crypto";
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * An entry: 4 bytes of twice the row's segment, plus 1 if a branch begins with it; 8 of where the row ends there; 8 of its digest.
 * In this order an entry that was torn where it replaced another one is not taken for a row that the log has.
 * The digest of a row that the log has not is 0; with the sign of a branch it says that the next row begins one.
 */
const ENTRY_BYTES = 20;
const END_AT = 4;
const DIGEST_AT = 12;
const NO_DIGEST = "\0".repeat(8);
/** The next row begins a branch. */
const BRANCH_DUE = fillEntry(Buffer.alloc(ENTRY_BYTES), NO_DIGEST, { segment: 0, sizeBytes: 0 }, true);

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
 * An entry is written before its row. One whose row did not arrive whole is dropped when the ledger is opened; if a branch began with it, the next row begins it.
 */
export class RowLedger {
  readonly #path: string;
  readonly #descriptor: number;
  /** Entries of the rows that are expected to come again. */
  #expected: Buffer;
  /** Rows of the log that this run has come to. */
  #position: number;
  #end: LogSegment;
  #admitted: { readonly row: string; readonly digest: string } = { row: "", digest: "" };
  /** Whether the next row that is written begins a branch. */
  #isBranchDue: boolean;
  /** Rows before this one that could not be written, and have no entries yet. */
  #numLost = 0;
  /** Filled anew for each row. */
  readonly #entry = Buffer.alloc(ENTRY_BYTES);

  /** @param current the log as it is now @param numRestored rows that the restored state knows of. @default all that are there */
  constructor(path: string, current: LogSegment, numRestored?: number) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    this.#descriptor = openSync(path, existsSync(path) ? "r+" : "w+");
    const numEntries = countEntries(bytes, current);
    this.#isBranchDue = isBranchAt(bytes, numEntries);
    this.#position = numRestored ?? numEntries;
    const numMissing = Math.max(0, this.#position - numEntries);
    // Missing rows have entries too, so that those that follow have their numbers.
    const missing = missingEntries(numMissing, current);
    this.#writeEntries(numEntries, this.#isBranchDue ? Buffer.concat([missing, BRANCH_DUE]) : missing);
    ftruncateSync(this.#descriptor, (numEntries + numMissing + Number(this.#isBranchDue)) * ENTRY_BYTES);
    const endAfter = (numRows: number): LogSegment =>
      numMissing > 0 ? current : numRows === 0 ? { segment: 0, sizeBytes: 0 } : endOf(bytes, numRows - 1);
    this.#expected = Buffer.from(bytes.subarray(this.#position * ENTRY_BYTES, numEntries * ENTRY_BYTES)); // a copy: the rest is let go
    this.#end = endAfter(this.#position);
    this.place = { numMissing, numExpected: this.numExpected, end: endAfter(numEntries) };
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

  /** What to do with a row. One that is known to be missing stays so, since what came after it is there. @param row its text, equal whenever the run does the same: without times */
  admit(row: string): Admission {
    const digest = digestOf(row);
    this.#admitted = { row, digest };
    if (this.#expected.length === 0) return this.#isBranchDue ? "rewound" : "new";
    const expected = digestAt(this.#expected, 0);
    if (expected === digest || expected === NO_DIGEST) {
      this.#pass();
      return "replayed";
    }
    this.#expected = Buffer.alloc(0);
    this.#isBranchDue = true;
    return "rewound";
  }

  /**
   * Notes an admitted row, and has it written. Where either fails the row is not there: it may be admitted again, or given up with `lose()`.
   * @param end of its segment once it is there @param append writes it, or throws and leaves nothing of it
   */
  write(row: string, end: LogSegment, append: () => void): void {
    const digest = row === this.#admitted.row ? this.#admitted.digest : digestOf(row);
    const first = this.#position - this.#numLost;
    try {
      const entry = fillEntry(this.#entry, digest, end, this.#isBranchDue);
      this.#writeEntries(first, this.#numLost === 0 ? entry : Buffer.concat([missingEntries(this.#numLost, this.#end), entry]));
      if (this.#isBranchDue) ftruncateSync(this.#descriptor, (this.#position + 1) * ENTRY_BYTES);
      append();
    } catch (error) {
      if (this.#isBranchDue) this.#writeEntries(first, BRANCH_DUE);
      ftruncateSync(this.#descriptor, (first + Number(this.#isBranchDue)) * ENTRY_BYTES);
      throw error;
    }
    this.#position += 1;
    this.#numLost = 0;
    this.#isBranchDue = false;
    this.#end = end;
  }

  /** Counts a row that cannot be written, so that those that follow keep their numbers. It is written when it comes again, unless one has followed it. */
  lose(): void {
    if (this.#expected.length > 0) return this.#pass();
    this.#numLost += 1;
    this.#position += 1;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Comes to the next row that is expected. */
  #pass(): void {
    this.#position += 1;
    this.#end = endOf(this.#expected, 0);
    this.#expected = this.#expected.length === ENTRY_BYTES ? Buffer.alloc(0) : this.#expected.subarray(ENTRY_BYTES);
  }

  /** @param index of the first one */
  #writeEntries(index: number, entries: Buffer): void {
    try {
      for (let written = 0; written < entries.length;)
        written += writeSync(this.#descriptor, entries, written, entries.length - written, index * ENTRY_BYTES + written);
    } catch (cause) {
      throw diskError("write", this.#path, cause);
    }
  }
}

/** Bytes as characters: cheaper than a buffer for each row. */
function digestOf(row: string): string {
  return hash("sha1", row, "binary").slice(0, NO_DIGEST.length);
}

function digestAt(entries: Buffer, index: number): string {
  return entries.toString("binary", index * ENTRY_BYTES + DIGEST_AT, (index + 1) * ENTRY_BYTES);
}

function fillEntry(entry: Buffer, digest: string, { segment, sizeBytes }: LogSegment, isBranch = false): Buffer {
  entry.writeUInt32LE(2 * segment + Number(isBranch));
  entry.writeUInt32LE(sizeBytes % 2 ** 32, END_AT); // in halves: a bigint for each row costs more
  entry.writeUInt32LE(Math.floor(sizeBytes / 2 ** 32), END_AT + 4);
  entry.write(digest, DIGEST_AT, "binary");
  return entry;
}

function missingEntries(count: number, at: LogSegment): Buffer {
  return Buffer.alloc(count * ENTRY_BYTES, fillEntry(Buffer.alloc(ENTRY_BYTES), NO_DIGEST, at));
}

function endOf(entries: Buffer, index: number): LogSegment {
  const at = index * ENTRY_BYTES;
  return { segment: entries.readUInt32LE(at) >>> 1, sizeBytes: Number(entries.readBigUInt64LE(at + END_AT)) };
}

function isBranchAt(entries: Buffer, index: number): boolean {
  const at = index * ENTRY_BYTES;
  return at + ENTRY_BYTES <= entries.length && entries.readUInt32LE(at) % 2 === 1;
}

/** Entries up to the first one whose row did not arrive whole. */
function countEntries(entries: Buffer, current: LogSegment): number {
  let index = 0;
  for (; (index + 1) * ENTRY_BYTES <= entries.length; index++) {
    const end = endOf(entries, index);
    const isTornBranch = isBranchAt(entries, index) && digestAt(entries, index) === NO_DIGEST;
    if (isTornBranch || isBehind(end, current)) break;
  }
  return index;
}

function isBehind(one: LogSegment, other: LogSegment): boolean {
  return one.segment > other.segment || (one.segment === other.segment && one.sizeBytes > other.sizeBytes);
}

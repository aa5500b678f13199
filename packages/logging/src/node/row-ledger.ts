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
  readonly #digests: Buffer[] = [];
  /** Rows of the log that this run has come to. */
  #position: number;

  /** @param current the log as it is now @param numRestored rows that the restored state knows of. @default all that are there */
  constructor(path: string, current: LogSegment, numRestored?: number) {
    mkdirSync(dirname(path), { recursive: true });
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    this.#descriptor = openSync(path, existsSync(path) ? "r+" : "w+");
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const isLast = bytes.readUInt32LE(at + 8) === current.segment;
      if (isLast && Number(bytes.readBigUInt64LE(at + 12)) > current.sizeBytes) break;
      this.#digests.push(bytes.subarray(at, at + 8));
    }
    ftruncateSync(this.#descriptor, this.#digests.length * ENTRY_BYTES);
    const restored = numRestored ?? this.#digests.length;
    this.#position = Math.min(restored, this.#digests.length);
    this.place = { numMissing: restored - this.#position, numExpected: this.#digests.length - this.#position };
  }

  readonly place: LedgerPlace;

  /** Rows that this run has logged, in all of its processes: what its state keeps. */
  get numRows(): number {
    return this.#position;
  }

  /** What to do with a row. @param row its text, equal whenever the run does the same: without times */
  admit(row: string): Admission {
    const digest = digestOf(row);
    const expected = this.#digests[this.#position];
    if (expected?.equals(digest)) {
      this.#position += 1;
      return "replayed";
    }
    if (expected === undefined) return "new";
    this.#digests.length = this.#position;
    ftruncateSync(this.#descriptor, this.#position * ENTRY_BYTES);
    return "rewound";
  }

  /** To be called before an admitted row is written. @param end of its segment once it is there */
  note(row: string, end: LogSegment): void {
    const entry = Buffer.alloc(ENTRY_BYTES);
    const digest = digestOf(row);
    digest.copy(entry);
    entry.writeUInt32LE(end.segment, 8);
    entry.writeBigUInt64LE(BigInt(end.sizeBytes), 12);
    writeSync(this.#descriptor, entry, 0, ENTRY_BYTES, this.#position * ENTRY_BYTES);
    this.#digests.push(digest);
    this.#position += 1;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function digestOf(row: string): Buffer {
  return createHash("sha1").update(row).digest().subarray(0, 8);
}

import { AppendFile, RowLedger, type LogSegment } from "@snapfit/logging/node";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isRestart, isSummary, restartRecord, versionRecord } from "./event.js";
import { dataOf, readTfRecords } from "./tf-record.js";

/** `events.out.tfevents.1790000000.host.snapfit.00000`; readers take the files of a folder by name. */
const FILE = /^(events\.out\.tfevents\.\d+\..*\.snapfit)\.(\d+)$/;

/**
 * The event files of a run. One that ends in a torn record is not written any more; the next one goes on.
 * Where the run turns out to be another one than the files tell, the next one tells readers to forget the others, and repeats what holds of them:
 * TensorBoard forgets by step, which would not do for tags over the epoch.
 */
export class EventLog {
  readonly #folder: string;
  readonly #stem: string;
  #segment: number;
  #file: AppendFile;
  #ledger: RowLedger;

  /** @param numRestored rows that the restored state knows of; 0 without one @throws SnapfitError with a code of storages */
  constructor(folder: string, numRestored: number) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    const last = FILE.exec(
      readdirSync(folder)
        .filter((name) => FILE.test(name))
        .sort()
        .at(-1) ?? "",
    );
    this.#stem = last?.[1] ?? `events.out.tfevents.${String(Math.floor(Date.now() / 1000)).padStart(10, "0")}.${hostname()}.snapfit`;
    this.#segment = Number(last?.[2] ?? 0);
    this.#file = new AppendFile(this.#pathOf(this.#segment));
    this.#ledger = new RowLedger(this.#ledgerPath, this.#here, numRestored);
    const { end, numMissing } = this.#ledger.place;
    const isWhole = numMissing === 0 && end.segment === this.#segment && end.sizeBytes === this.#file.sizeBytes;
    if (this.#file.sizeBytes === 0) this.#file.append(Buffer.concat([versionRecord(Date.now()), restartRecord(Date.now())]));
    else if (!isWhole) this.#beginSegment();
  }

  /** Whether it holds no row yet, nor did it before. */
  get isNew(): boolean {
    return this.#ledger.numRows + this.#ledger.place.numExpected === 0;
  }

  /** Rows of the run, those that were lost too. */
  get numRows(): number {
    return this.#ledger.numRows;
  }

  /** Counts a row that could not be written. */
  lose(): void {
    this.#ledger.lose();
  }

  /** Goes on behind the rows that a state knows of. */
  restore(numRows: number): void {
    this.#ledger.close();
    this.#ledger = new RowLedger(this.#ledgerPath, this.#here, numRows);
  }

  /** Adds a record that is no row. */
  append(record: Uint8Array): void {
    this.#file.append(record);
  }

  /**
   * Adds the record of a row, unless it is there. A row is one record, so that what is torn is not there for readers either. @param text of the row, as for a ledger
   * @returns what has become of it. @throws SnapfitError with a code of storages; the row may be lost then, and the file is as it was
   */
  write(text: string, record: () => Uint8Array): "new" | "replayed" | "rewound" {
    const admission = this.#ledger.admit(text);
    if (admission === "replayed") return admission;
    const bytes = record();
    if (admission === "rewound") this.#beginBranch(text, bytes);
    else
      this.#ledger.write(text, { segment: this.#segment, sizeBytes: this.#file.sizeBytes + bytes.length }, () => this.#file.append(bytes));
    return admission;
  }

  close(): void {
    this.#ledger.close();
    this.#file.close();
  }

  get #here(): LogSegment {
    return { segment: this.#segment, sizeBytes: this.#file.sizeBytes };
  }

  get #ledgerPath(): string {
    return join(this.#folder, "tensorboard.rows"); // a name that TensorBoard does not take for events
  }

  #pathOf(segment: number): string {
    return join(this.#folder, `${this.#stem}.${String(segment).padStart(5, "0")}`);
  }

  #beginSegment(): void {
    this.#file.close();
    this.#segment += 1;
    this.#file = new AppendFile(this.#pathOf(this.#segment), { exclusive: true });
    this.#file.append(versionRecord(Date.now()));
  }

  /** Writes what still holds and the row into a file that takes its name when it is complete. */
  #beginBranch(text: string, bytes: Uint8Array): void {
    const { end } = this.#ledger;
    const temporary = join(this.#folder, "tensorboard.next");
    rmSync(temporary, { force: true });
    const file = new AppendFile(temporary);
    try {
      file.append(Buffer.concat([versionRecord(Date.now()), restartRecord(Date.now())]));
      let first = end.segment;
      while (first > 0 && !this.#isRestart(first)) first -= 1;
      for (let segment = first; segment <= end.segment; segment++)
        for (const held of readTfRecords(this.#pathOf(segment), segment === end.segment ? end.sizeBytes : Infinity))
          if (isSummary(dataOf(held))) file.append(held);
      file.append(bytes);
    } finally {
      file.close();
    }
    const next = this.#segment + 1;
    this.#ledger.write(text, { segment: next, sizeBytes: file.sizeBytes }, () => renameSync(temporary, this.#pathOf(next)));
    this.#file.close();
    this.#segment = next;
    this.#file = new AppendFile(this.#pathOf(this.#segment));
  }

  /** Whether readers forget at its beginning what came before. */
  #isRestart(segment: number): boolean {
    const records = readTfRecords(this.#pathOf(segment));
    records.next();
    const second = records.next().value;
    records.return();
    return second instanceof Uint8Array && isRestart(dataOf(second));
  }
}

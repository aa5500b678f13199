import { AppendFile, RowLedger } from "@snapfit/logging/node";
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";

/** Lines in files, with a ledger beside them: as simple as a log can be. */
export class LineLog {
  #segment: number;
  #file: AppendFile;
  readonly #ledger: RowLedger;

  constructor(folder: string, numRestored: number) {
    this.#segment = Math.max(0, segmentsIn(folder).length - 1);
    this.#file = new AppendFile(pathOf(folder, this.#segment));
    this.#ledger = new RowLedger(`${folder}/log.rows`, { segment: this.#segment, sizeBytes: this.#file.sizeBytes }, numRestored);
    if (/[^\n]$/.test(readFileSync(this.#file.path, "utf8"))) {
      this.#file.close();
      this.#segment += 1;
      this.#file = new AppendFile(pathOf(folder, this.#segment));
    }
  }

  write(row: string): void {
    const admission = this.#ledger.admit(row);
    if (admission === "replayed") return;
    const bytes = Buffer.from(`${admission === "rewound" ? "branch " : ""}${row}\n`);
    this.#ledger.write(row, { segment: this.#segment, sizeBytes: this.#file.sizeBytes + bytes.length }, () => this.#file.append(bytes));
  }

  close(): void {
    this.#file.close();
    this.#ledger.close();
  }
}

/** The whole lines of all files. */
export function linesIn(folder: string): string[] {
  return segmentsIn(folder).flatMap((path) => readFileSync(path, "utf8").split("\n").slice(0, -1));
}

/** All that a log is. */
export interface LogFiles {
  readonly ledger: Buffer;
  readonly path: string;
  readonly sizeBytes: number;
}

export function filesOf(folder: string): LogFiles {
  const path = segmentsIn(folder).at(-1) ?? pathOf(folder, 0);
  const ledger = `${folder}/log.rows`;
  return {
    ledger: existsSync(ledger) ? readFileSync(ledger) : Buffer.alloc(0),
    path,
    sizeBytes: existsSync(path) ? statSync(path).size : 0,
  };
}

/**
 * Makes the files what a kill within the last write leaves: the ledger is written first, in place, and then cut where a branch begins; then the log grows.
 * @param at in [0, 1) of these bytes @returns whether the row is there whole
 */
export function tear(folder: string, before: LogFiles, at: number): boolean {
  const after = filesOf(folder);
  const ledgerBytes = [...after.ledger.keys()].filter((i) => before.ledger[i] !== after.ledger[i]);
  const [first, last] = [ledgerBytes[0] ?? 0, (ledgerBytes.at(-1) ?? -1) + 1];
  const logBytes = after.sizeBytes - before.sizeBytes;
  const point = Math.floor(at * (last - first + logBytes + 2));
  if (point <= last - first) {
    writeFileSync(`${folder}/log.rows`, Buffer.concat([after.ledger.subarray(0, first + point), before.ledger.subarray(first + point)]));
    truncateSync(after.path, before.sizeBytes);
    return false;
  }
  const arrived = point - (last - first) - 1;
  truncateSync(after.path, before.sizeBytes + arrived);
  return arrived === logBytes;
}

function segmentsIn(folder: string): string[] {
  const paths: string[] = [];
  while (existsSync(pathOf(folder, paths.length))) paths.push(pathOf(folder, paths.length));
  return paths;
}

function pathOf(folder: string, segment: number): string {
  return `${folder}/log.${segment}`;
}

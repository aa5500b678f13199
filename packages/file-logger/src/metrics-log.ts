import { AppendFile, wholeLinesSize } from "@snapfit/logging/node";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { readLines, type Line } from "./json-lines.js";
import { lastingText, type MetricsRow } from "./metrics-row.js";

/** What has become of a row: it was written; it was there already; or it was written in place of others, which stand in a file of their own now. */
export type Written = "new" | "replayed" | "rewound";

/**
 * `metrics.jsonl`: a row a line, in the order of the run. A resumed run repeats rows that are there already: those are recognised by what they say.
 * So the file needs no other one beside it to be gone on with.
 */
export class MetricsLog {
  readonly path: string;
  readonly #file: AppendFile;
  /** Rows that this run has come to, in all of its processes. */
  #numRows: number;
  /** Lines behind the restored state, of which the first is the next one that is expected. */
  readonly #lines: Generator<Line, void>;
  #expected: Line | undefined;

  /** @param numRestored rows that the restored state knows of; 0 without one @throws SnapfitError with a code of storages */
  constructor(path: string, numRestored: number) {
    this.path = path;
    this.#file = new AppendFile(path);
    const wholeBytes = wholeLinesSize(path, this.#file.sizeBytes);
    if (wholeBytes < this.#file.sizeBytes) this.#file.cut(wholeBytes); // the process was killed while it wrote
    this.#numRows = numRestored;
    this.#lines = readLines(path);
    do this.#expectNext();
    while (this.#expected !== undefined && rowNumber(this.#expected.text) < numRestored);
  }

  /** The number of the next row. */
  get numRows(): number {
    return this.#numRows;
  }

  /** Writes the next row, unless it is there. @throws SnapfitError with a code of storages; the row is lost then, and the file is as it was */
  write(row: MetricsRow): Written {
    const line = `${JSON.stringify(row)}\n`;
    this.#numRows += 1;
    if (this.#expected === undefined) {
      this.#file.append(Buffer.from(line));
      return "new";
    }
    if (rowNumber(this.#expected.text) > row.row) return "replayed"; // it could not be written then, and what came after it is there
    if (lastingText(line) === lastingText(this.#expected.text)) {
      this.#expectNext();
      return "replayed";
    }
    this.#setAside(this.#expected.start);
    this.#file.append(Buffer.from(line));
    return "rewound";
  }

  /** Counts a row that cannot be written, so that those that follow keep their numbers. */
  lose(): void {
    if (this.#expected !== undefined && rowNumber(this.#expected.text) === this.#numRows) this.#expectNext();
    this.#numRows += 1;
  }

  close(): void {
    this.#lines.return();
    this.#file.close();
  }

  #expectNext(): void {
    const next = this.#lines.next();
    this.#expected = next.done === true ? undefined : next.value;
  }

  /** Moves the lines from here on into the next `….rewound-1.jsonl`. */
  #setAside(start: number): void {
    let number = 1;
    const pathOf = (i: number): string => this.path.replace(/(\.jsonl)?$/, `.rewound-${i}.jsonl`);
    while (existsSync(pathOf(number))) number += 1;
    const aside = new AppendFile(pathOf(number), { exclusive: true });
    const descriptor = openSync(this.path, "r");
    try {
      const chunk = Buffer.alloc(1 << 20);
      for (let at = start, read = 0; (read = readSync(descriptor, chunk, 0, chunk.length, at)) > 0; at += read)
        aside.append(chunk.subarray(0, read));
    } finally {
      closeSync(descriptor);
      aside.close();
    }
    this.#lines.return();
    this.#expected = undefined;
    this.#file.cut(start);
  }
}

function rowNumber(line: string): number {
  return Number(/^\{"row":(\d+)/.exec(line)?.[1] ?? -1);
}

import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** A line of a file, without its end. */
export interface Line {
  readonly text: string;
  /** Where it begins in the file, in bytes. */
  readonly start: number;
}

/** The lines of a file, read as they are asked for. What stands behind the last line end is no line. */
export function* readLines(path: string): Generator<Line, void> {
  const descriptor = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let pieces: Buffer[] = []; // of a line longer than a chunk
    let start = 0;
    let at = 0;
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0 && end < read; end = chunk.indexOf(NEWLINE, from)) {
        yield { text: Buffer.concat([...pieces, chunk.subarray(from, end)]).toString(), start };
        pieces = [];
        from = end + 1;
        start = at + from;
      }
      if (from < read) pieces.push(Buffer.from(chunk.subarray(from, read)));
      at += read;
    }
  } finally {
    closeSync(descriptor);
  }
}

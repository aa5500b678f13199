import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;
/** More than the version and the time at the end of an operation take. */
const TEXT_BYTES = 100;

/** The last whole line of a file. */
export interface LastLine {
  /** Behind its newline; 0 without one. */
  readonly endBytes: number;
  /** Its last characters, without the newline; undefined without a line. */
  readonly text: string | undefined;
}

export function lastLine(path: string, sizeBytes: number): LastLine {
  const descriptor = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let end = sizeBytes; end > 0; end -= CHUNK_BYTES) {
      const from = Math.max(0, end - CHUNK_BYTES);
      const newline = chunk.subarray(0, readSync(descriptor, chunk, 0, end - from, from)).lastIndexOf(NEWLINE);
      if (newline < 0) continue;
      const endBytes = from + newline + 1;
      const start = Math.max(0, endBytes - 1 - TEXT_BYTES);
      const length = readSync(descriptor, chunk, 0, endBytes - 1 - start, start);
      return { endBytes, text: chunk.toString("latin1", 0, length) };
    }
    return { endBytes: 0, text: undefined };
  } finally {
    closeSync(descriptor);
  }
}

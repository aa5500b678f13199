import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** Bytes up to the last line end of a file: what stands behind it was torn. @param sizeBytes of the file */
export function wholeLinesSize(path: string, sizeBytes: number): number {
  const descriptor = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let end = sizeBytes; end > 0; end -= CHUNK_BYTES) {
      const from = Math.max(0, end - CHUNK_BYTES);
      const read = readSync(descriptor, chunk, 0, end - from, from);
      const last = chunk.subarray(0, read).lastIndexOf(NEWLINE);
      if (last >= 0) return from + last + 1;
    }
    return 0;
  } finally {
    closeSync(descriptor);
  }
}

import { wholeLinesSize } from "@snapfit/logging/node";
import { closeSync, openSync, readSync } from "node:fs";

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
  const endBytes = wholeLinesSize(path, sizeBytes);
  if (endBytes === 0) return { endBytes, text: undefined };
  const descriptor = openSync(path, "r");
  try {
    const text = Buffer.alloc(Math.min(endBytes - 1, TEXT_BYTES));
    readSync(descriptor, text, 0, text.length, endBytes - 1 - text.length);
    return { endBytes, text: text.toString("latin1") };
  } finally {
    closeSync(descriptor);
  }
}

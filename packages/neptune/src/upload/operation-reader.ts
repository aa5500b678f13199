import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { dataFiles } from "../log/operation-log.js";
import type { LoggedOperation } from "../log/operation.js";

const CHUNK_BYTES = 1 << 20;
const MAX_OPERATIONS = 1000;
/** A batch ends with the line that reaches it. */
const MAX_BATCH_BYTES = 8 << 20;
const NEWLINE = 10;

/** Reads the operations of a directory while they are written, from the first one that the server has not. Holds what it has read and not given out. */
export class OperationReader {
  readonly #directory: string;
  #lastVersion: number;
  /** First version of the file that is read. */
  #file: number | undefined;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);
  #waiting: LoggedOperation[] = [];

  /** @param ack the last version that the server has */
  constructor(directory: string, ack: number) {
    this.#directory = directory;
    this.#lastVersion = ack;
  }

  /** The next operations, at most 1000; empty where there is nothing new. */
  next(): readonly LoggedOperation[] {
    const put = Number.parseInt(textOf(join(this.#directory, "last_put_version")), 10) || 0;
    if (this.#waiting.length === 0 && put > this.#lastVersion) this.#fill(put);
    const batch = this.#waiting.splice(0, MAX_OPERATIONS);
    this.#lastVersion = batch.at(-1)?.version ?? this.#lastVersion;
    return batch;
  }

  #fill(put: number): void {
    this.#file ??= dataFiles(this.#directory).findLast((first) => first <= this.#lastVersion + 1) ?? dataFiles(this.#directory)[0];
    let sizeBytes = 0;
    while (this.#file !== undefined && this.#waiting.length < MAX_OPERATIONS && sizeBytes < MAX_BATCH_BYTES) {
      const line = this.#readLine();
      if (line === undefined) {
        const file: number = this.#file;
        const next = dataFiles(this.#directory).find((first) => first > file);
        if (next === undefined) return;
        [this.#file, this.#offset, this.#rest] = [next, 0, Buffer.alloc(0)];
        continue;
      }
      sizeBytes += line.length;
      this.#waiting.push(...operationsOf(line).filter(({ version }) => version > this.#lastVersion));
      if ((this.#waiting.at(-1)?.version ?? 0) >= put) return;
    }
  }

  /** The next line; undefined where there is none yet. */
  #readLine(): Buffer | undefined {
    let end = this.#rest.indexOf(NEWLINE);
    while (end < 0) {
      const from = this.#rest.length;
      const chunk = this.#readChunk();
      if (chunk.length === 0) return undefined;
      this.#rest = Buffer.concat([this.#rest, chunk]);
      end = this.#rest.indexOf(NEWLINE, from);
    }
    const line = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  #readChunk(): Buffer {
    const descriptor = openSync(join(this.#directory, `data-${this.#file}.log`), "r");
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const read = readSync(descriptor, chunk, 0, CHUNK_BYTES, this.#offset);
      this.#offset += read;
      return chunk.subarray(0, read);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** What a line says: operations with spaces between. Within a text, what looks like that has its quotes escaped. */
function operationsOf(line: Uint8Array | string): LoggedOperation[] {
  const text = Buffer.from(line).toString("latin1");
  return JSON.parse(`[${text.replaceAll(/\} (?=\{"obj":)/g, "},")}]`) as LoggedOperation[];
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}

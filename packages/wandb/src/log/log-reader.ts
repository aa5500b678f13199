import { closeSync, openSync, readSync } from "node:fs";
import { wandbError } from "../wandb-error.js";
import { BLOCK_BYTES, CHUNK_HEADER_BYTES, chunkChecksum, FILE_HEADER, FIRST, FULL, LAST, MIDDLE } from "./frames.js";

/** Blocks that are read at once. */
const WINDOW_BYTES = 16 * BLOCK_BYTES;

/** Reads the records of a `.wandb` file, also while it grows. */
export class LogReader {
  readonly path: string;
  readonly #descriptor: number;
  #end: number;
  #window = Buffer.alloc(0);
  #windowAt = 0;

  /** @param from where a record begins. @default the first one */
  constructor(path: string, from = 0) {
    this.path = path;
    this.#end = from;
    this.#descriptor = openSync(path, "r");
  }

  /** Where the last record that was returned ends: all before it is whole. */
  get end(): number {
    return this.#end;
  }

  /** The next record; undefined if there is no whole one (yet). @throws SnapfitError `LOG_DAMAGED` */
  next(): Uint8Array | undefined {
    if (this.#end === 0) {
      const header = this.#read(0, FILE_HEADER.length);
      if (header === undefined) return undefined;
      if (!header.equals(FILE_HEADER)) throw this.#damaged(0, "it does not begin as a W&B log does");
      this.#end = FILE_HEADER.length;
    }
    const pieces: Uint8Array[] = [];
    let at = this.#end;
    for (;;) {
      const left = BLOCK_BYTES - (at % BLOCK_BYTES);
      if (left < CHUNK_HEADER_BYTES) at += left;
      const chunk = this.#chunk(at);
      if (chunk === undefined) return undefined;
      const { type, data } = chunk;
      const isContinued = pieces.length > 0;
      if (isContinued !== (type === MIDDLE || type === LAST)) throw this.#damaged(at, `a chunk has type ${type}`);
      pieces.push(data);
      at += CHUNK_HEADER_BYTES + data.length;
      if (type === FIRST || type === MIDDLE) continue;
      this.#end = at;
      return pieces.length === 1 ? data : Buffer.concat(pieces);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #chunk(at: number): { readonly type: number; readonly data: Uint8Array } | undefined {
    const header = this.#read(at, CHUNK_HEADER_BYTES);
    if (header === undefined) return undefined;
    const checksum = header.readUInt32LE(0);
    const length = header.readUInt16LE(4);
    const type = header[6]!;
    if (type < FULL || type > LAST || (at % BLOCK_BYTES) + CHUNK_HEADER_BYTES + length > BLOCK_BYTES)
      throw this.#damaged(at, "there is no chunk");
    const data = this.#read(at + CHUNK_HEADER_BYTES, length);
    if (data === undefined) return undefined;
    if (chunkChecksum(type, data) !== checksum) throw this.#damaged(at, "a checksum is wrong");
    return { type, data };
  }

  /** Bytes of the file, which stay as they are; undefined if it has not that many. */
  #read(at: number, length: number): Buffer | undefined {
    const start = at - this.#windowAt;
    if (start >= 0 && start + length <= this.#window.length) return this.#window.subarray(start, start + length);
    const window = Buffer.allocUnsafe(WINDOW_BYTES);
    const numRead = readSync(this.#descriptor, window, 0, WINDOW_BYTES, at);
    this.#window = window.subarray(0, numRead);
    this.#windowAt = at;
    return length <= numRead ? this.#window.subarray(0, length) : undefined;
  }

  #damaged(at: number, what: string): Error {
    return wandbError("LOG_DAMAGED", `"${this.path}" is damaged at byte ${at}: ${what}. What stands before it can be read.`);
  }
}

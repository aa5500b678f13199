import { diskError } from "@snapfit/base/node";
import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A file that only grows. Writing is synchronous: a row costs some microseconds, and is in the hands of the system, so that it survives the death of the process.
 * Failures are a SnapfitError with a code of storages (`NO_SPACE`, `READ_ONLY`, …).
 */
export class AppendFile {
  readonly path: string;
  readonly #descriptor: number;
  #sizeBytes: number;

  /** Opens a file at its end, and makes it and its folder if needed. @param exclusive whether it may not be there yet */
  constructor(path: string, { exclusive = false }: { readonly exclusive?: boolean } = {}) {
    this.path = path;
    [this.#descriptor, this.#sizeBytes] = attempt("open", path, () => {
      mkdirSync(dirname(path), { recursive: true });
      const descriptor = openSync(path, exclusive ? "ax" : "a");
      return [descriptor, fstatSync(descriptor).size];
    });
  }

  /** Of the whole file. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Adds bytes at the end, in one call of the system where it takes them all at once. Where they do not go in whole, none stay. */
  append(bytes: Uint8Array): void {
    let written = 0;
    try {
      attempt("append to", this.path, () => {
        while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
      });
    } catch (error) {
      if (written > 0) this.cut(this.#sizeBytes);
      throw error;
    }
    this.#sizeBytes += bytes.length;
  }

  /** Removes what stands behind the first `sizeBytes`. */
  cut(sizeBytes: number): void {
    attempt("cut", this.path, () => ftruncateSync(this.#descriptor, sizeBytes));
    this.#sizeBytes = sizeBytes;
  }

  /** Makes the bytes survive a power loss. */
  sync(): void {
    attempt("sync", this.path, () => fsyncSync(this.#descriptor));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function attempt<T>(action: string, path: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    throw diskError(action, path, cause);
  }
}

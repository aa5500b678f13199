import { diskError } from "@snapfit/base/node";
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

/** A file with the number of an operation as its text: the last one that was written, or that a server has. */
export class VersionFile {
  readonly path: string;
  readonly #descriptor: number;
  #version = 0;

  /** Opens a file, and makes it if it is missing. @throws SnapfitError with a code of storages */
  constructor(path: string) {
    this.path = path;
    try {
      if (existsSync(path)) this.#version = Number.parseInt(readFileSync(path, "latin1"), 10) || 0;
      this.#descriptor = openSync(path, existsSync(path) ? "r+" : "w+");
    } catch (cause) {
      throw diskError("open", path, cause);
    }
  }

  get version(): number {
    return this.#version;
  }

  /** @throws SnapfitError with a code of storages */
  write(version: number): void {
    if (version === this.#version) return;
    try {
      const text = String(version);
      writeSync(this.#descriptor, text, 0, "latin1");
      if (text.length < String(this.#version).length) ftruncateSync(this.#descriptor, text.length);
    } catch (cause) {
      throw diskError("write", this.path, cause);
    }
    this.#version = version;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

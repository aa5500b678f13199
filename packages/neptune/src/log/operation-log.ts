import { diskError } from "@snapfit/base/node";
import { AppendFile, type LogSegment } from "@snapfit/logging/node";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { lastLine } from "./last-line.js";
import { VersionFile } from "./version-file.js";

const MAX_FILE_BYTES = 64 * 2 ** 20;

/** Operations on their way into a log, all or none of them. */
export interface OperationUnit {
  readonly bytes: Uint8Array;
  readonly lastVersion: number;
  /** Of the log, once they are there. */
  readonly end: LogSegment;
}

/**
 * The operations of a run directory: `data-1.log`, after 64 MiB `data-<first version>.log`, and so on. What is written together stands on one line, so that a
 * line without an end is what a killed process has left: it is cut off, and its versions are given again.
 * @see neptune-ai/neptune-client: src/neptune/core/components/queue/disk_queue.py
 */
export class OperationLog {
  readonly #directory: string;
  readonly #maxFileBytes: number;
  readonly #put: VersionFile;
  #file: AppendFile;
  /** Of the file: it is in its name. */
  #firstVersion: number;
  #lastVersion: number;

  /** Opens a log at its end, and makes it if it is missing. @throws SnapfitError with a code of storages */
  constructor(directory: string, maxFileBytes = MAX_FILE_BYTES) {
    this.#directory = directory;
    this.#maxFileBytes = maxFileBytes;
    makeFolder(join(directory, "upload_path"));
    this.#firstVersion = dataFiles(directory).at(-1) ?? 1;
    this.#file = new AppendFile(this.#pathOf(this.#firstVersion));
    const { endBytes, text } = lastLine(this.#file.path, this.#file.sizeBytes);
    if (endBytes < this.#file.sizeBytes) this.#file.cut(endBytes);
    const ack = new VersionFile(join(directory, "last_ack_version"));
    // A power failure may have taken operations that a server has: their versions are not given again.
    this.#lastVersion = Math.max(text === undefined ? this.#firstVersion - 1 : versionOf(text), ack.version);
    ack.close();
    this.#put = new VersionFile(join(directory, "last_put_version"));
    this.#put.write(this.#lastVersion);
  }

  get end(): LogSegment {
    return { segment: this.#firstVersion, sizeBytes: this.#file.sizeBytes };
  }

  /** Where a file that belongs to an operation stands. */
  uploadPath(name: string): string {
    return join(this.#directory, "upload_path", name);
  }

  /** @param operations JSON in ASCII, at least one @param at unix time in seconds */
  prepare(operations: readonly string[], at: number): OperationUnit {
    let version = this.#lastVersion;
    const line = operations.map((text) => `{"obj":${text},"version":${++version},"at":${at}}`).join(" ");
    const bytes = Buffer.from(`${line}\n`, "latin1");
    if (this.#file.sizeBytes > 0 && this.#file.sizeBytes + bytes.length > this.#maxFileBytes) this.#nextFile();
    return { bytes, lastVersion: version, end: { segment: this.#firstVersion, sizeBytes: this.#file.sizeBytes + bytes.length } };
  }

  /** Writes what was prepared last. @throws SnapfitError with a code of storages; the log is as it was then */
  commit({ bytes, lastVersion }: OperationUnit): void {
    this.#file.append(bytes);
    this.#lastVersion = lastVersion;
    this.#put.write(lastVersion); // behind the data: readers trust it
  }

  close(): void {
    this.#file.close();
    this.#put.close();
  }

  #nextFile(): void {
    const file = new AppendFile(this.#pathOf(this.#lastVersion + 1));
    this.#file.close();
    this.#file = file;
    this.#firstVersion = this.#lastVersion + 1;
  }

  #pathOf(firstVersion: number): string {
    return join(this.#directory, `data-${firstVersion}.log`);
  }
}

/** First versions of the data files in a directory, in order. */
export function dataFiles(directory: string): number[] {
  const names = readdirSync(directory).flatMap((name) => /^data-(\d+)\.log$/.exec(name)?.[1] ?? []);
  return names.map(Number).sort((a, b) => a - b);
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw diskError("make", path, cause);
  }
}

function versionOf(lineEnd: string): number {
  return Number(/"version":(\d+),"at":[\d.]+\}$/.exec(lineEnd)?.[1] ?? 0);
}

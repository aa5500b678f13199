import type { Storage } from "@snapfit/base";

/** One call of a storage, as {@link FaultStorage} and {@link RecordingStorage} write it down. */
export interface StorageCall {
  /** Counted from 1. */
  readonly number: number;
  readonly name: keyof Storage;
  readonly path: string;
  /** The new path of a `rename`. */
  readonly to?: string;
  /** How many bytes a `write` or `append` was given. */
  readonly sizeBytes?: number;
}

/** In the words of a message: `call 3, rename("a.tmp", "a")`. */
export function callText({ number, name, path, to }: StorageCall): string {
  return `call ${number}, ${name}(${[path, ...(to === undefined ? [] : [to])].map((part) => JSON.stringify(part)).join(", ")})`;
}

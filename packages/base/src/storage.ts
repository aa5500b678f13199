/** What {@link Storage.stat} and {@link Storage.list} tell of an entry. */
export interface StorageEntry {
  /** Last part of the path. */
  readonly name: string;
  readonly kind: "file" | "folder";
  /** 0 for folders. */
  readonly sizeBytes: number;
}

/**
 * All file access of Snapfit, in eight calls. Paths use `/`. Folders come into being with the first file in them.
 * Failures are a SnapfitError: `NOT_FOUND`, `EXISTS`, `NO_SPACE`, `READ_ONLY`, `NO_PERMISSION` or `IO`, with the path and the system's error as `cause`.
 */
export interface Storage {
  /** The file's bytes, or `lengthBytes` of them from `offset` on. */
  read(path: string, range?: { readonly offset: number; readonly lengthBytes: number }): Promise<Uint8Array>;
  /** Replaces or makes a file; with `exclusive`, fails with `EXISTS` if it is there. Not durable before {@link sync}. */
  write(path: string, bytes: Uint8Array, options?: { readonly exclusive?: boolean }): Promise<void>;
  /** Adds to the end of a file, making it if needed. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Makes a file's bytes, or a folder's entries, survive a power loss. */
  sync(path: string): Promise<void>;
  /** Replaces what is at `to`, in one step: a crash leaves the old or the new. A folder replaces only an empty one or none. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all that is in it. Nothing there: no error. */
  remove(path: string): Promise<void>;
  /** Entries of a folder, sorted by name; none if it is not there. */
  list(folder: string): Promise<StorageEntry[]>;
  /** What is at a path, or undefined. */
  stat(path: string): Promise<StorageEntry | undefined>;
}

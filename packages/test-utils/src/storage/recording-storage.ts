import { MemoryStorage, type ByteRange, type Storage, type StorageEntry } from "@snapfit/base";
import { crashStates, type CrashStateOptions, type CrashStates } from "./crash-states.js";
import { DiskLog } from "./disk-log.js";
import type { StorageCall } from "./storage-call.js";

/**
 * A storage in memory that knows what a disk may hold after a power loss at any moment.
 * What `inner` holds at the first call is durable. Calls take effect one after the other, in the order in which they are made; failed ones change nothing.
 * A sync counts when its promise resolves: what its caller does without waiting for it comes before.
 *
 * The disk that {@link crashStates} assumes, which is at most what POSIX and a journaling file system (ext4, XFS, Btrfs) promise:
 * - Bytes. What a file was given since its last sync is there wholly, not at all, or in part: of one `write` or `append` the first bytes only, or the
 *   whole length with zeros at its end or in front of its end. Bytes come to disk in their own time, before or after the names of the file:
 *   a new or renamed file may be there with none. ext4's `data=ordered` and its flush upon renaming are not assumed.
 *   A `write` over a file first empties it. A single write is cut only before its first, middle and last byte; bytes of other files do not appear.
 * - Names. What was created, renamed or removed in a folder since the folder's last sync may be there or not, each by itself and in any order, but:
 *   operations on the same name keep their order; a `rename` is one step, wherever it leads; nothing moves into a folder that is not there;
 *   and a folder is gone only after all that stood in it has been moved or removed. Removing a folder is one step for each file and folder in it.
 * - `sync(file)` keeps the bytes, not the name. `sync(folder)` keeps the names in it, not their bytes, not what is in folders below, not its own name.
 *   After a rename between two folders, a sync of either keeps both sides.
 *
 * @example
 * const storage = new RecordingStorage();
 * await storage.write("settings", new TextEncoder().encode("new"));
 * await storage.sync("settings");
 * for (const { lost, restart } of (await storage.crashStates()).states) console.log(lost, await (await restart()).list(""));
 */
export class RecordingStorage implements Storage {
  readonly #inner: MemoryStorage;
  readonly #calls: StorageCall[] = [];
  #log: DiskLog | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(inner: MemoryStorage = new MemoryStorage()) {
    this.#inner = inner;
  }

  /** Changes and syncs that succeeded, in the order in which they took effect. */
  get calls(): readonly StorageCall[] {
    return this.#calls;
  }

  /** What may be on disk if the power fails before the first of {@link calls}, after the last, or anywhere between. Throws `OPTION_INVALID`. */
  crashStates(options: CrashStateOptions = {}): Promise<CrashStates> {
    return this.#inOrder((log) => crashStates(log, this.#calls.length, options));
  }

  read(path: string, range?: ByteRange): Promise<Uint8Array> {
    return this.#inOrder(() => this.#inner.read(path, range));
  }

  write(path: string, bytes: Uint8Array, options?: { readonly exclusive?: boolean }): Promise<void> {
    const given = bytes.slice();
    return this.#inOrder(async (log) => {
      await this.#inner.write(path, given, options);
      log.write(this.#count({ name: "write", path, sizeBytes: given.length }), path, given, true);
    });
  }

  append(path: string, bytes: Uint8Array): Promise<void> {
    const given = bytes.slice();
    return this.#inOrder(async (log) => {
      await this.#inner.append(path, given);
      log.write(this.#count({ name: "append", path, sizeBytes: given.length }), path, given, false);
    });
  }

  async sync(path: string): Promise<void> {
    const finish = await this.#inOrder(async (log) => {
      await this.#inner.sync(path);
      return log.beginSync(path, this.#calls.length);
    });
    await this.#inOrder(() => finish(this.#count({ name: "sync", path })));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#inOrder(async (log) => {
      await this.#inner.rename(from, to);
      log.rename(this.#count({ name: "rename", path: from, to }), from, to);
    });
  }

  remove(path: string): Promise<void> {
    return this.#inOrder(async (log) => {
      await this.#inner.remove(path);
      log.remove(this.#count({ name: "remove", path }), path);
    });
  }

  list(folder: string): Promise<StorageEntry[]> {
    return this.#inOrder(() => this.#inner.list(folder));
  }

  stat(path: string): Promise<StorageEntry | undefined> {
    return this.#inOrder(() => this.#inner.stat(path));
  }

  #count(call: Omit<StorageCall, "number">): number {
    return this.#calls.push({ number: this.#calls.length + 1, ...call });
  }

  #inOrder<T>(task: (log: DiskLog) => T | Promise<T>): Promise<T> {
    const result = this.#last.then(async () => task((this.#log ??= await DiskLog.startingAt(this.#inner))));
    this.#last = result.catch(() => undefined);
    return result;
  }
}

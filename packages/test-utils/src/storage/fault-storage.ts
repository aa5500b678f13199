import {
  checkOption,
  SnapfitError,
  wholeNumberFrom,
  type ByteRange,
  type Storage,
  type StorageEntry,
  type StorageErrorCode,
} from "@snapfit/base";
import { callText, type StorageCall } from "./storage-call.js";

/** What a {@link FaultStorage} does wrong, and when. */
export interface Fault {
  /** The number of the call, counted from 1, or a function that says yes to each call that is to fail. */
  readonly at: number | ((call: StorageCall) => boolean);
  /** The code to reject with. `KILLED`: as if the process died here, this call and every later one rejects, and none reaches the storage. */
  readonly code: StorageErrorCode | "KILLED";
  /**
   * How much of the call takes effect before it fails. `firstBytes`: of a `write` or `append` only so many bytes arrive; other calls then do nothing.
   * @default "none"
   */
  readonly effect?: "none" | "all" | { readonly firstBytes: number };
}

export interface FaultStorageOptions {
  /** For each call the first that fits. @default [] */
  readonly faults?: readonly Fault[];
}

/**
 * A storage that fails where it is told to, and counts its calls.
 * A call that is under way when another one kills may still reach `inner`, and rejects with `KILLED` as well. Calls after that are not counted.
 * Throws `OPTION_INVALID` for a call number below 1 or a number of bytes below 0.
 * @example
 * import { MemoryStorage, type SnapfitError } from "@snapfit/base";
 *
 * const disk = new MemoryStorage();
 * const storage = new FaultStorage(disk, { faults: [{ at: 2, code: "KILLED", effect: { firstBytes: 3 } }] });
 * await storage.write("log", new Uint8Array(5));
 * await storage.append("log", new Uint8Array(5)).catch((error: SnapfitError) => console.log(error.code)); // KILLED
 * console.log(storage.calls.length, (await disk.stat("log"))!.sizeBytes); // 2 8
 */
export class FaultStorage implements Storage {
  readonly #inner: Storage;
  readonly #faults: readonly Fault[];
  readonly #calls: StorageCall[] = [];
  #killer: StorageCall | undefined;

  constructor(inner: Storage, { faults = [] }: FaultStorageOptions = {}) {
    for (const fault of faults) checkFault(fault);
    this.#inner = inner;
    this.#faults = faults;
  }

  /** All calls up to the one that killed, in the order in which they were made. */
  get calls(): readonly StorageCall[] {
    return this.#calls;
  }

  read(path: string, range?: ByteRange): Promise<Uint8Array> {
    return this.#call({ name: "read", path }, () => this.#inner.read(path, range));
  }

  write(path: string, bytes: Uint8Array, options?: { readonly exclusive?: boolean }): Promise<void> {
    return this.#call({ name: "write", path, sizeBytes: bytes.length }, (arriving) =>
      this.#inner.write(path, bytes.subarray(0, arriving), options),
    );
  }

  append(path: string, bytes: Uint8Array): Promise<void> {
    return this.#call({ name: "append", path, sizeBytes: bytes.length }, (arriving) =>
      this.#inner.append(path, bytes.subarray(0, arriving)),
    );
  }

  sync(path: string): Promise<void> {
    return this.#call({ name: "sync", path }, () => this.#inner.sync(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call({ name: "rename", path: from, to }, () => this.#inner.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#call({ name: "remove", path }, () => this.#inner.remove(path));
  }

  list(folder: string): Promise<StorageEntry[]> {
    return this.#call({ name: "list", path: folder }, () => this.#inner.list(folder));
  }

  stat(path: string): Promise<StorageEntry | undefined> {
    return this.#call({ name: "stat", path }, () => this.#inner.stat(path));
  }

  async #call<T>(unnumbered: Omit<StorageCall, "number">, run: (arriving?: number) => Promise<T>): Promise<T> {
    if (this.#killer) throw killedError(this.#killer);
    const call = { number: this.#calls.length + 1, ...unnumbered };
    this.#calls.push(call);
    const fault = this.#faults.find(({ at }) => (typeof at === "number" ? at === call.number : at(call)));
    if (fault?.code === "KILLED") this.#killer = call;
    const [outcome] = await Promise.allSettled([fault ? effectOf(fault, call, run) : run()]);
    if (this.#killer) throw killedError(this.#killer);
    if (outcome.status === "rejected") throw outcome.reason;
    if (fault) throw faultError(fault, call);
    return outcome.value as T;
  }
}

async function effectOf({ effect = "none" }: Fault, call: StorageCall, run: (arriving?: number) => Promise<unknown>): Promise<void> {
  if (effect === "all") await run();
  else if (effect !== "none" && call.sizeBytes !== undefined) await run(effect.firstBytes);
}

function faultError({ code, effect = "none" }: Fault, call: StorageCall): SnapfitError {
  const done = effect === "none" ? "Nothing of it was done" : effect === "all" ? "All of it was done" : "A part of it was done";
  return new SnapfitError(code, `The test's fault ${code} met ${callText(call)}. ${done}. See the faults of the FaultStorage.`);
}

function killedError(killer: StorageCall): SnapfitError {
  return new SnapfitError(
    "KILLED",
    `The process counts as dead since ${callText(killer)}. Nothing reaches the storage any more. Look at the inner storage and start again on it.`,
  );
}

function checkFault({ at, effect }: Fault): void {
  if (typeof at === "number") checkOption("FaultStorage", "at", at, wholeNumberFrom(1));
  if (typeof effect === "object") checkOption("FaultStorage", "effect.firstBytes", effect.firstBytes, wholeNumberFrom(0));
}

import type { DataOperation, DiskLog, EntryOperation, NodeNumber, SyncOperation } from "./disk-log.js";
import { after, fileImages, type FileImage } from "./file-images.js";

/**
 * What a disk has been told when the power fails just before a sync ends, or after the last call.
 * No other moment has to be looked at: until the next sync ends, whatever may be there now may also be there later, as the later calls may be lost.
 */
export interface CrashMoment {
  /** Calls done by then. */
  readonly numCalls: number;
  /** Calls done when the sync before ended. */
  readonly numCallsAtSync: number;
  readonly durable: ReadonlySet<EntryOperation>;
  /** All operations on names, in order. */
  readonly entries: readonly EntryOperation[];
  /** By file; the last image of a file is the one that lost nothing. */
  readonly images: ReadonlyMap<NodeNumber, readonly FileImage[]>;
}

/** The moments of a log, in order. */
export function crashMoments(log: DiskLog, numCalls: number): CrashMoment[] {
  const moments: CrashMoment[] = [];
  const disk = new KnownDisk();
  for (const [i, operation] of log.operations.entries()) {
    if (operation.kind === "entry") disk.entries.push(operation);
    else if (operation.kind === "data") disk.change(operation);
    else {
      if (i >= log.numAtStart) moments.push(disk.moment(operation.call - 1));
      disk.sync(operation);
    }
  }
  return [...moments, disk.moment(numCalls)];
}

interface KnownFile {
  durable: Uint8Array;
  pending: DataOperation[];
  images?: readonly FileImage[] | undefined;
}

class KnownDisk {
  readonly entries: EntryOperation[] = [];
  readonly #durable = new Set<EntryOperation>();
  readonly #files = new Map<NodeNumber, KnownFile>();
  #numCallsAtSync = 0;

  change(operation: DataOperation): void {
    const file = this.#files.get(operation.file) ?? { durable: new Uint8Array(0), pending: [] };
    file.pending.push(operation);
    file.images = undefined;
    this.#files.set(operation.file, file);
  }

  sync({ node, covers, call }: SyncOperation): void {
    this.#numCallsAtSync = call;
    const file = this.#files.get(node);
    if (file) {
      const numDone = file.pending.filter((operation) => operation.call <= covers).length;
      for (const operation of file.pending.splice(0, numDone)) file.durable = after(operation, file.durable);
      file.images = undefined;
    }
    for (const operation of this.entries) {
      if (operation.call <= covers && operation.changes.some(({ folder }) => folder === node)) this.#keep(operation);
    }
  }

  moment(numCalls: number): CrashMoment {
    const images = new Map<NodeNumber, readonly FileImage[]>();
    for (const [node, file] of this.#files) images.set(node, (file.images ??= fileImages(file.durable, file.pending)));
    return { numCalls, numCallsAtSync: this.#numCallsAtSync, durable: new Set(this.#durable), entries: [...this.entries], images };
  }

  #keep(operation: EntryOperation): void {
    if (this.#durable.has(operation)) return;
    this.#durable.add(operation);
    for (const needed of operation.needs) this.#keep(needed);
  }
}

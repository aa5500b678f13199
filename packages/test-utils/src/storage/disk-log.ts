import type { Storage } from "@snapfit/base";

/** A file or folder whatever its names are: the number that Linux calls an inode. */
export type NodeNumber = number;

export const ROOT: NodeNumber = 0;

/** Names that come, go or move in one step. */
export interface EntryOperation {
  readonly kind: "entry";
  readonly call: number;
  readonly title: string;
  readonly changes: readonly { readonly folder: NodeNumber; readonly name: string; readonly node: NodeNumber | undefined }[];
  /** Earlier operations without which this one cannot be on disk. */
  readonly needs: readonly EntryOperation[];
}

/** Bytes that a file gets: at its end, or instead of all that it held. */
export interface DataOperation {
  readonly kind: "data";
  readonly call: number;
  readonly title: string;
  readonly file: NodeNumber;
  readonly bytes: Uint8Array;
  readonly replaces: boolean;
}

/** The end of a sync, which makes durable what was done to a node up to the call `covers`. */
export interface SyncOperation {
  readonly kind: "sync";
  readonly call: number;
  readonly node: NodeNumber;
  readonly covers: number;
}

type Folder = Map<string, NodeNumber>;

/** Takes calls of a storage apart into the steps that a disk does one by one. The calls are known to have succeeded. */
export class DiskLog {
  readonly operations: (EntryOperation | DataOperation | SyncOperation)[] = [];
  /** How many operations, all of them durable, stand for what was there at first. */
  numAtStart = 0;
  readonly #folders = new Map<NodeNumber, Folder>([[ROOT, new Map()]]);
  readonly #lastChange = new Map<string, EntryOperation>();
  #numNodes = 1;

  /** A log that starts with what a storage holds, as call 0. */
  static async startingAt(storage: Storage): Promise<DiskLog> {
    const log = new DiskLog();
    await log.#copy(storage, "");
    for (let node = 0; node < log.#numNodes; node++) log.operations.push({ kind: "sync", call: 0, node, covers: 0 });
    log.numAtStart = log.operations.length;
    return log;
  }

  isFolder(node: NodeNumber): boolean {
    return this.#folders.has(node);
  }

  write(call: number, path: string, bytes: Uint8Array, replaces: boolean): void {
    const { folder, name } = this.#place(call, path);
    let file = this.#folders.get(folder)!.get(name);
    if (file === undefined) {
      file = this.#numNodes++;
      this.#change(call, `entry of ${path}`, [{ folder, name, node: file }]);
    }
    const title = replaces ? `write ${path}` : `append to ${path}`;
    this.operations.push({ kind: "data", call, title, file, bytes: bytes.slice(), replaces });
  }

  rename(call: number, from: string, to: string): void {
    const source = this.#place(call, from);
    const target = this.#place(call, to);
    const node = this.#folders.get(source.folder)!.get(source.name)!;
    const replaced = this.#folders.get(target.folder)!.get(target.name);
    if (node === replaced) return;
    this.#change(
      call,
      `rename ${from} to ${to}`,
      [
        { folder: source.folder, name: source.name, node: undefined },
        { folder: target.folder, name: target.name, node },
      ],
      [...target.ancestors, ...this.#changesIn(replaced)],
    );
  }

  remove(call: number, path: string): void {
    const parts = pathParts(path);
    const node = this.#find(parts);
    if (node === undefined) return;
    for (const name of this.#folders.get(node)?.keys() ?? []) this.remove(call, [...parts, name].join("/"));
    if (parts.length === 0) return;
    const { folder, name } = this.#place(call, path);
    this.#change(call, `remove ${parts.join("/")}`, [{ folder, name, node: undefined }], this.#changesIn(node));
  }

  /** What a sync that begins now makes durable when it ends. */
  beginSync(path: string, covers: number): (call: number) => void {
    const node = this.#find(pathParts(path))!;
    return (call) => this.operations.push({ kind: "sync", call, node, covers });
  }

  /** Where a path stands, and the changes that brought the folders above it to where they are. Makes these folders if needed. */
  #place(call: number, path: string): { folder: NodeNumber; name: string; ancestors: EntryOperation[] } {
    const parts = pathParts(path);
    const name = parts.pop()!;
    return { ...this.#makeFolder(call, parts), name };
  }

  #makeFolder(call: number, parts: readonly string[]): { folder: NodeNumber; ancestors: EntryOperation[] } {
    let folder = ROOT;
    const ancestors: EntryOperation[] = [];
    for (const [i, name] of parts.entries()) {
      let next = this.#folders.get(folder)!.get(name);
      if (next === undefined) {
        this.#folders.set((next = this.#numNodes++), new Map());
        this.#change(call, `entry of ${parts.slice(0, i + 1).join("/")}`, [{ folder, name, node: next }]);
      }
      ancestors.push(this.#lastChange.get(`${folder}/${name}`)!);
      folder = next;
    }
    return { folder, ancestors };
  }

  #change(call: number, title: string, changes: EntryOperation["changes"], needs: readonly EntryOperation[] = []): void {
    const earlier = changes.map(({ folder, name }) => this.#lastChange.get(`${folder}/${name}`));
    const all = new Set([...needs, ...earlier].filter((operation) => operation !== undefined));
    const operation: EntryOperation = { kind: "entry", call, title, changes, needs: [...all] };
    this.operations.push(operation);
    for (const { folder, name, node } of changes) {
      this.#lastChange.set(`${folder}/${name}`, operation);
      if (node === undefined) this.#folders.get(folder)!.delete(name);
      else this.#folders.get(folder)!.set(name, node);
    }
  }

  /** The last change of each name that ever stood in a folder. */
  #changesIn(folder: NodeNumber | undefined): EntryOperation[] {
    return [...this.#lastChange].filter(([place]) => place.startsWith(`${folder}/`)).map(([, operation]) => operation);
  }

  #find(parts: readonly string[]): NodeNumber | undefined {
    let node: NodeNumber | undefined = ROOT;
    for (const part of parts) node = node === undefined ? undefined : this.#folders.get(node)?.get(part);
    return node;
  }

  async #copy(storage: Storage, folder: string): Promise<void> {
    for (const { name, kind } of await storage.list(folder)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (kind === "file") this.write(0, path, await storage.read(path), true);
      else {
        this.#makeFolder(0, pathParts(path));
        await this.#copy(storage, path);
      }
    }
  }
}

/** As MemoryStorage reads paths: `/` is the working folder, and `a/../b` is `b`. */
function pathParts(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}

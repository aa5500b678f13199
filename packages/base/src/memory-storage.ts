import { checkRange, storageError, type ByteRange } from "./storage-error.js";
import type { Storage, StorageEntry } from "./storage.js";

/**
 * A {@link Storage} in memory, for tests and browsers. Behaves as a disk does, with `/` as the working folder: empty folders stay, `a/../b` is `b`.
 * Bytes are copied in and out.
 */
export class MemoryStorage implements Storage {
  readonly #root: MemoryFolder = new Map();

  async read(path: string, range?: ByteRange): Promise<Uint8Array> {
    checkRange(path, range);
    const node = this.#find(path);
    if (node === undefined) throw storageError("NOT_FOUND", "read", path);
    if (!(node instanceof MemoryFile)) throw storageError("IO", "read", path, "it is a folder");
    return range ? node.bytes.slice(range.offset, range.offset + range.lengthBytes) : node.bytes.slice();
  }

  async write(path: string, bytes: Uint8Array, options?: { readonly exclusive?: boolean }): Promise<void> {
    if (options?.exclusive && this.#find(path) !== undefined) throw storageError("EXISTS", "write", path);
    this.#file(path, "write").replace(bytes);
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    this.#file(path, "append to").append(bytes);
  }

  async sync(path: string): Promise<void> {
    if (this.#find(path) === undefined) throw storageError("NOT_FOUND", "sync", path);
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#find(from);
    if (node === undefined) throw storageError("NOT_FOUND", "rename", from);
    const target = this.#find(to);
    if (target === node) return;
    if (target !== undefined && target instanceof MemoryFile !== node instanceof MemoryFile)
      throw storageError("IO", "rename", to, "a file and a folder do not replace each other");
    if (target instanceof Map && target.size > 0) throw storageError("EXISTS", "rename", to);
    if (`${join(to)}/`.startsWith(`${join(from)}/`)) throw storageError("IO", "rename", from, "a folder cannot move into itself");
    const toParts = split(to);
    const name = toParts.pop();
    if (name === undefined) throw storageError("IO", "rename", to, "it is the root");
    this.#folder(toParts, "rename", to).set(name, node);
    await this.remove(from);
  }

  async remove(path: string): Promise<void> {
    const parts = split(path);
    const name = parts.pop();
    if (name === undefined) this.#root.clear();
    const folder = this.#find(parts.join("/"));
    if (folder instanceof Map && name !== undefined) folder.delete(name);
  }

  async list(folder: string): Promise<StorageEntry[]> {
    const node = this.#find(folder);
    if (node instanceof MemoryFile) throw storageError("IO", "list", folder, "it is a file");
    const names = [...(node?.keys() ?? [])].sort();
    return names.map((name) => entry(name, node!.get(name)!));
  }

  async stat(path: string): Promise<StorageEntry | undefined> {
    const node = this.#find(path);
    return node && entry(split(path).pop() ?? "", node);
  }

  #find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const part of split(path)) node = node instanceof Map ? node.get(part) : undefined;
    return node;
  }

  #folder(parts: readonly string[], action: string, path: string): MemoryFolder {
    let folder = this.#root;
    for (const part of parts) {
      let next = folder.get(part);
      if (next === undefined) folder.set(part, (next = new Map()));
      if (next instanceof MemoryFile) throw storageError("IO", action, path, `"${part}" is a file`);
      folder = next;
    }
    return folder;
  }

  #file(path: string, action: string): MemoryFile {
    const parts = split(path);
    const name = parts.pop();
    const folder = this.#folder(parts, action, path);
    const node = name === undefined ? folder : (folder.get(name) ?? new MemoryFile());
    if (node instanceof Map) throw storageError("IO", action, path, "it is a folder");
    folder.set(name!, node);
    return node;
  }
}

type MemoryNode = MemoryFile | MemoryFolder;
type MemoryFolder = Map<string, MemoryNode>;

/** Bytes with room at the end, so that many small appends do not copy the file each time. */
class MemoryFile {
  #buffer = new Uint8Array(0);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  replace(bytes: Uint8Array): void {
    this.#buffer = Uint8Array.from(bytes);
    this.#length = bytes.length;
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }
}

function entry(name: string, node: MemoryNode): StorageEntry {
  return node instanceof MemoryFile ? { name, kind: "file", sizeBytes: node.bytes.length } : { name, kind: "folder", sizeBytes: 0 };
}

function split(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}

function join(path: string): string {
  return split(path).join("/");
}

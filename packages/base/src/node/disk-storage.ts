import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Storage, StorageEntry } from "../storage.js";
import { checkRange, type ByteRange } from "../storage-error.js";
import { diskError, errnoOf } from "./disk-error.js";

/** The file system. Relative paths start at the working folder of the process. */
export class DiskStorage implements Storage {
  async read(path: string, range?: ByteRange): Promise<Uint8Array> {
    checkRange(path, range);
    return attempt("read", path, async () => {
      const bytes = range ? await readRange(path, range) : await readFile(path);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    });
  }

  async write(path: string, bytes: Uint8Array, options?: { readonly exclusive?: boolean }): Promise<void> {
    await attempt("write", path, async () => {
      await makeParent(path);
      await writeFile(path, bytes, { flag: options?.exclusive ? "wx" : "w" });
    });
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    await attempt("append to", path, async () => {
      await makeParent(path);
      await appendBytes(path, bytes);
    });
  }

  async sync(path: string): Promise<void> {
    await attempt("sync", path, async () => {
      const isFolder = (await stat(path)).isDirectory();
      // Windows flushes only files that are open for writing, and has no such call for folders.
      if (isFolder && process.platform === "win32") return;
      const handle = await open(path, process.platform === "win32" ? "r+" : "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  async rename(from: string, to: string): Promise<void> {
    await attempt("rename", from, () => stat(from));
    await attempt("rename", to, async () => {
      await makeParent(to);
      await rename(from, to);
    });
  }

  async remove(path: string): Promise<void> {
    await attempt("remove", path, () => rm(path, { recursive: true, force: true })).catch((error: unknown) => {
      // A path below a file: nothing can be there.
      if (errnoOf((error as Error).cause) !== "ENOTDIR") throw error;
    });
  }

  async list(folder: string): Promise<StorageEntry[]> {
    const names = await attempt("list", folder, async () => {
      try {
        return await readdir(folder);
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return [];
        throw error;
      }
    });
    const entries = await Promise.all(names.sort().map((name) => this.stat(join(folder, name))));
    return entries.filter((entry) => entry !== undefined);
  }

  async stat(path: string): Promise<StorageEntry | undefined> {
    return attempt("look at", path, async () => {
      try {
        const found = await stat(path);
        const name = basename(path);
        return found.isDirectory() ? { name, kind: "folder", sizeBytes: 0 } : { name, kind: "file", sizeBytes: found.size };
      } catch (error) {
        if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
        throw error;
      }
    });
  }
}

async function attempt<T>(action: string, path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw diskError(action, path, error);
  }
}

async function makeParent(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    // mkdir says EEXIST when a part of the path is a file; for the caller nothing "exists already".
    if (errnoOf(error) === "EEXIST") throw Object.assign(new Error(`a part of the path is a file`, { cause: error }), { code: "ENOTDIR" });
    throw error;
  }
}

/** Bytes of one call to the system, which takes less than 2 GiB. Node's own appendFile writes 512 KiB at a time. */
const CALL_BYTES = 1 << 30;

async function appendBytes(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "a");
  try {
    let numWritten = 0;
    while (numWritten < bytes.length) {
      const { bytesWritten } = await handle.write(bytes, numWritten, Math.min(bytes.length - numWritten, CALL_BYTES));
      numWritten += bytesWritten;
    }
  } finally {
    await handle.close();
  }
}

async function readRange(path: string, range: ByteRange): Promise<Uint8Array> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    // Not zeroed, since the file's bytes fill it, and alone in its memory.
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(range.lengthBytes, size - range.offset)));
    let numRead = 0;
    while (numRead < bytes.length) {
      const length = Math.min(bytes.length - numRead, CALL_BYTES);
      const { bytesRead } = await handle.read(bytes, numRead, length, range.offset + numRead);
      if (bytesRead === 0) break;
      numRead += bytesRead;
    }
    return bytes.subarray(0, numRead);
  } finally {
    await handle.close();
  }
}

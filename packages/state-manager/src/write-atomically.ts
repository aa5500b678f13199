import type { Storage } from "@snapfit/base";

/** What is being written, and what is about to be replaced: names that nothing else has. */
const TEMPORARY = ".new-";
const REPLACED = ".old-";

/**
 * Writes a file or folder, whole or not at all, and durably: a crash leaves what was there before, or the new one, once {@link recover} or the next
 * write of this path has run.
 * @param write puts it at the path that it is given, and syncs its bytes; for a folder its members too.
 */
export async function writeAtomically(storage: Storage, path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const { folder, name } = parted(path);
  const temporary = `${folder}/${TEMPORARY}${name}`;
  try {
    await storage.remove(temporary);
    await settleReplaced(storage, path);
    await write(temporary);
    await replace(storage, path, temporary);
  } catch (error) {
    await storage.remove(temporary).catch(() => undefined); // the first error is the one to show
    throw error;
  }
}

/** Removes a file or folder, whole or not at all once {@link recover} has run. */
export async function removeAtomically(storage: Storage, path: string): Promise<void> {
  if ((await storage.stat(path))?.kind !== "folder") return storage.remove(path);
  const { folder, name } = parted(path);
  const temporary = `${folder}/${TEMPORARY}${name}`;
  await storage.remove(temporary);
  await storage.rename(path, temporary);
  await storage.sync(folder); // never a member gone from what still has its name
  await storage.remove(temporary);
}

/** Where the content of a path is: there, or beside it, if a crash came while a folder was being replaced. */
export async function standingPath(storage: Storage, path: string): Promise<string> {
  if ((await storage.stat(path)) !== undefined) return path;
  const aside = asideOf(path);
  return (await storage.stat(aside)) === undefined ? path : aside;
}

/** A file takes the place of a file in one rename. A folder cannot take the place of another one: the old one steps aside first. */
async function replace(storage: Storage, path: string, temporary: string): Promise<void> {
  const { folder } = parted(path);
  const old = asideOf(path);
  const stepsAside = (await storage.stat(path))?.kind === "folder";
  try {
    if (stepsAside) {
      await storage.remove(old);
      await storage.rename(path, old);
      await storage.sync(folder); // never the new name without the old one aside
    }
    await storage.rename(temporary, path);
  } catch (error) {
    if (stepsAside && (await storage.stat(path)) === undefined) await storage.rename(old, path);
    throw error;
  }
  await storage.sync(folder);
  if (stepsAside) await storage.remove(old);
}

/** Ends what a crash has interrupted: half-written things go, a folder that stepped aside comes back where the new one is missing. */
export async function recover(storage: Storage, folder: string): Promise<void> {
  for (const { name } of await storage.list(folder)) {
    if (name.startsWith(TEMPORARY)) await storage.remove(`${folder}/${name}`);
    if (name.startsWith(REPLACED)) await settleReplaced(storage, `${folder}/${name.slice(REPLACED.length)}`);
  }
}

/** What stepped aside for a folder comes back where that is missing, and goes otherwise: it had its name only when it was whole. */
async function settleReplaced(storage: Storage, path: string): Promise<void> {
  const old = asideOf(path);
  if ((await storage.stat(old)) === undefined) return;
  if ((await storage.stat(path)) !== undefined) return storage.remove(old);
  await storage.rename(old, path);
  await storage.sync(parted(path).folder);
}

function asideOf(path: string): string {
  const { folder, name } = parted(path);
  return `${folder}/${REPLACED}${name}`;
}

function parted(path: string): { readonly folder: string; readonly name: string } {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? { folder: ".", name: path } : { folder: path.slice(0, cut), name: path.slice(cut + 1) };
}

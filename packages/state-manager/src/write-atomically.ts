import type { Storage } from "@snapfit/base";

/** What is being written, and what is about to be replaced: names that nothing else has. */
const TEMPORARY = ".new-";
const REPLACED = ".old-";

/**
 * Writes a file or folder, whole or not at all, and durably: a crash leaves what was there before, or the new one, once {@link recover} has run.
 * @param write puts it at the path that it is given, and syncs its bytes; for a folder its members too.
 */
export async function writeAtomically(storage: Storage, path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const { folder, name } = parted(path);
  const temporary = `${folder}/${TEMPORARY}${name}`;
  try {
    await storage.remove(temporary);
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

/** A file takes the place of a file in one rename. A folder cannot take the place of another one: the old one steps aside first. */
async function replace(storage: Storage, path: string, temporary: string): Promise<void> {
  const { folder, name } = parted(path);
  const old = `${folder}/${REPLACED}${name}`;
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
  const names = (await storage.list(folder)).map((entry) => entry.name);
  for (const name of names) {
    if (name.startsWith(TEMPORARY)) await storage.remove(`${folder}/${name}`);
    if (!name.startsWith(REPLACED)) continue;
    const original = name.slice(REPLACED.length);
    if (names.includes(original)) await storage.remove(`${folder}/${name}`);
    else {
      await storage.rename(`${folder}/${name}`, `${folder}/${original}`);
      await storage.sync(folder);
    }
  }
}

function parted(path: string): { readonly folder: string; readonly name: string } {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? { folder: ".", name: path } : { folder: path.slice(0, cut), name: path.slice(cut + 1) };
}

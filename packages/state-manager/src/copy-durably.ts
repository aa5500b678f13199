import { SnapfitError, type Storage } from "@snapfit/base";

/** So much of a file is in memory at once. */
const PART_BYTES = 2 ** 23;

/** Copies a file, or a folder of files, to a path where nothing is; makes the bytes durable and reads them back. The name is not durable yet. */
export async function copyDurably(storage: Storage, from: string, to: string): Promise<void> {
  if ((await storage.stat(from))?.kind !== "folder") return copyFile(storage, from, to);
  for (const { name } of await storage.list(from)) await copyFile(storage, `${from}/${name}`, `${to}/${name}`);
  await storage.sync(to);
}

async function copyFile(storage: Storage, from: string, to: string): Promise<void> {
  const { sizeBytes } = (await storage.stat(from))!;
  const parts = Array.from({ length: Math.max(1, Math.ceil(sizeBytes / PART_BYTES)) }, (_, i) => ({
    offset: i * PART_BYTES,
    lengthBytes: Math.min(PART_BYTES, sizeBytes - i * PART_BYTES),
  }));
  for (const part of parts) await storage.append(to, await storage.read(from, part));
  await storage.sync(to);
  for (const part of parts) {
    const [original, copy] = [await storage.read(from, part), await storage.read(to, part)];
    if (Buffer.compare(original, copy) !== 0) throw new SnapfitError("IO", `"${to}" reads back other than it was written. Check the disk.`);
  }
}

import { DiskStorage } from "@snapfit/base/node";

const CHUNK_BYTES = 1 << 20;

/** The bytes of a file, piece by piece. @throws SnapfitError those of reading a file (`NOT_FOUND`, …). */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const storage = new DiskStorage();
  for (let offset = 0; ; offset += CHUNK_BYTES) {
    const bytes = await storage.read(path, { offset, lengthBytes: CHUNK_BYTES });
    yield bytes;
    if (bytes.length < CHUNK_BYTES) return;
  }
}

import { open } from "node:fs/promises";

const CHUNK_BYTES = 16 << 20;

/** Whether two files hold the same bytes. */
export async function sameBytes(first: string, second: string): Promise<boolean> {
  const handles = await Promise.all([open(first), open(second)]);
  const buffers = handles.map(() => Buffer.allocUnsafe(CHUNK_BYTES));
  try {
    for (let offset = 0; ; offset += CHUNK_BYTES) {
      const chunks = await Promise.all(
        handles.map(async (handle, i) => buffers[i]!.subarray(0, (await handle.read(buffers[i]!, 0, CHUNK_BYTES, offset)).bytesRead)),
      );
      if (!chunks[0]!.equals(chunks[1]!)) return false;
      if (chunks[0]!.length < CHUNK_BYTES) return true;
    }
  } finally {
    for (const handle of handles) await handle.close();
  }
}

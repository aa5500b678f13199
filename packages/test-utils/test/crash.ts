import { MemoryStorage, type Storage } from "@snapfit/base";
import { RecordingStorage, type CrashState, type CrashStateOptions } from "@snapfit/test-utils";

export const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data).replaceAll("\0", "0");

/** All files by path, `folder/` for folders without any. */
export async function filesOf(storage: Storage, folder = ""): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of await storage.list(folder)) {
    const path = folder + name;
    if (kind === "file") found.push(`${path}=${text(await storage.read(path))}`);
    else found.push(...((await storage.list(path)).length > 0 ? await filesOf(storage, `${path}/`) : [`${path}/`]));
  }
  return found;
}

/** The files of each state. */
export async function contentsOf(states: readonly CrashState[]): Promise<string[]> {
  return (await Promise.all(states.map(async ({ restart }) => (await filesOf(await restart())).join(" ")))).sort();
}

/** What may be on disk at any moment of a task on files that are durable at first. */
export async function crash(
  start: Record<string, string>,
  task: (storage: RecordingStorage) => Promise<unknown>,
  options?: CrashStateOptions,
) {
  const disk = new MemoryStorage();
  for (const [path, content] of Object.entries(start)) await disk.write(path, bytes(content));
  const storage = new RecordingStorage(disk);
  await task(storage);
  const { states, numLeftOut } = await storage.crashStates(options);
  return { storage, states, numLeftOut, contents: await contentsOf(states) };
}

/** States that may be on disk when all calls were done. */
export async function atTheEnd(start: Record<string, string>, task: (storage: RecordingStorage) => Promise<unknown>): Promise<string[]> {
  const { storage, states } = await crash(start, task);
  return contentsOf(states.filter(({ latest }) => latest === storage.calls.length));
}

import { describe, expect, it } from "vitest";
import { MemoryStorage, RandomStream, type Storage } from "@snapfit/base";
import { RecordingStorage } from "@snapfit/test-utils";
import { bytes, contentsOf, filesOf } from "./crash.js";

describe("random calls", () => {
  /** One of a few changes and syncs; what cannot be done is left out. */
  async function randomCall(storage: Storage, random: RandomStream): Promise<void> {
    const path = () => ["a", "b", "d/a", "d/b", "e/a", "d", "e"][random.integer(7)]!;
    const content = () => bytes("xyz".slice(random.integer(3)));
    const calls = [
      () => storage.write(path(), content()),
      () => storage.append(path(), content()),
      () => storage.rename(path(), path()),
      () => storage.remove(path()),
      () => storage.sync(path()),
      () => storage.sync(""),
    ];
    await calls[random.integer(calls.length)]!().catch(() => undefined);
  }

  async function play(seed: number, numCalls: number): Promise<RecordingStorage> {
    const disk = new MemoryStorage();
    await disk.write("d/a", bytes("1"));
    await disk.write("b", bytes("2"));
    const storage = new RecordingStorage(disk);
    const random = RandomStream.fromSeed(seed);
    while (storage.calls.length < numCalls) await randomCall(storage, random);
    return storage;
  }

  const seeds = Array.from({ length: 40 }, (_, seed) => seed);

  it.each(seeds)("may leave later whatever they may leave earlier (seed %i)", async (seed) => {
    const earlier = await (await play(seed, 4)).crashStates({ maxStates: 20_000 });
    const later = await (await play(seed, 6)).crashStates({ maxStates: 20_000 });
    expect([earlier.numLeftOut, later.numLeftOut]).toEqual([0, 0]);
    const before = await contentsOf(earlier.states);
    const upTo4 = new Set(await contentsOf(later.states.filter(({ earliest }) => earliest <= 4)));
    expect(before.filter((content) => !upTo4.has(content))).toEqual([]);
  });

  it.each(seeds)("leave one state once all is synced: the files as they are (seed %i)", async (seed) => {
    const storage = await play(seed, 12);
    const before = await storage.crashStates({ maxStates: 10 });
    const live = (await filesOf(storage)).join(" ");
    const unscathed = before.states.find(({ latest, lost }) => latest === storage.calls.length && lost.length === 0);
    expect(await contentsOf([unscathed!])).toEqual([live]);
    const syncAll = async (folder: string): Promise<void> => {
      for (const { name, kind } of await storage.list(folder)) {
        if (kind === "folder") await syncAll(`${folder}${name}/`);
        else await storage.sync(folder + name);
      }
      await storage.sync(folder);
    };
    await syncAll("");
    const { states } = await storage.crashStates();
    expect(await contentsOf(states.filter(({ latest }) => latest === storage.calls.length))).toEqual([live]);
  });
});

import { describe, expect, it } from "vitest";
import type { Storage } from "@snapfit/base";
import { RecordingStorage } from "@snapfit/test-utils";
import { bytes, crash, filesOf } from "./crash.js";

describe("crash states", () => {
  it("tell what was lost, and between which calls", async () => {
    const { states } = await crash({ f: "old" }, async (storage) => {
      await storage.write("t", bytes("new!"));
      await storage.sync("t");
      await storage.rename("t", "f");
      await storage.sync("");
    });
    const described = await Promise.all(
      states.map(async ({ restart, earliest, latest, lost }) => ({
        files: (await filesOf(await restart())).join(" "),
        earliest,
        latest,
        lost,
      })),
    );
    const stateOf = (content: string) => described.find(({ files }) => files === content);
    expect(stateOf("f=old")).toMatchObject({ earliest: 0, latest: 3, lost: ["entry of t (call 1): lost", "rename t to f (call 3): lost"] });
    expect(stateOf("f=old t=ne")).toMatchObject({ earliest: 0, latest: 1, lost: ["write t (call 1): 2 of 4 bytes kept"] });
    expect(stateOf("f=old t=new!")).toMatchObject({ earliest: 0, latest: 3, lost: ["rename t to f (call 3): lost"] });
    expect(stateOf("f=new!")).toMatchObject({ earliest: 2, latest: 4, lost: [] });
  });

  it("can be told for files that were there at first, and for none", async () => {
    expect((await crash({ "a/b": "1" }, async () => undefined)).contents).toEqual(["a/b=1"]);
    expect((await crash({}, async () => undefined)).contents).toEqual([""]);
  });

  it("restart in a storage of their own each time", async () => {
    const { states } = await crash({ f: "1" }, async () => undefined);
    await (await states[0]!.restart()).remove("f");
    expect(await filesOf(await states[0]!.restart())).toEqual(["f=1"]);
  });

  const manyFiles = (numFiles: number) => async (storage: Storage) => {
    for (let i = 0; i < numFiles; i++) await storage.write(`f${i}`, bytes("1"));
  };

  it("are all there up to maxStates, and counted beyond", async () => {
    // Each file: not there, empty, "0" or "1".
    const all = await crash({}, manyFiles(4));
    expect([all.states.length, all.numLeftOut]).toEqual([256, 0]);
    const some = await crash({}, manyFiles(4), { maxStates: 40 });
    expect([some.states.length, some.numLeftOut]).toEqual([40, 216]);
    expect(new Set([...all.contents, ...some.contents]).size).toBe(256);
    expect(new Set(some.contents).size).toBe(40);
  });

  it("are drawn by chance where nobody can go through all, with the extremes, and the same for a seed", async () => {
    const first = await crash({}, manyFiles(12), { maxStates: 50, seed: 3 });
    expect(first.states).toHaveLength(50);
    expect(new Set(first.contents).size).toBe(50);
    expect(first.numLeftOut).toBe(2 ** 12 * 3 ** 12 - 50);
    expect(first.contents).toContain("");
    expect(first.contents.some((content) => content.match(/=1/g)?.length === 12)).toBe(true);
    expect((await crash({}, manyFiles(12), { maxStates: 50, seed: 3 })).contents).toEqual(first.contents);
    expect((await crash({}, manyFiles(12), { maxStates: 50, seed: 4 })).contents).not.toEqual(first.contents);
  });

  it("are at least one", async () => {
    await expect(new RecordingStorage().crashStates({ maxStates: 0 })).rejects.toMatchObject({ code: "OPTION_INVALID" });
  });
});

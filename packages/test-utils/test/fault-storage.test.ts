import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MemoryStorage, type SnapfitError, type Storage } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { FaultStorage, type Fault } from "@snapfit/test-utils";

const bytes = (text: string) => new TextEncoder().encode(text);
const textAt = async (storage: Storage, path: string) => new TextDecoder().decode(await storage.read(path));
const names = async (storage: Storage) => (await storage.list("")).map(({ name }) => name);

describe("FaultStorage", () => {
  it("does what the storage inside does, and counts the calls", async () => {
    const inner = new MemoryStorage();
    const storage = new FaultStorage(inner);
    await storage.write("d/a", bytes("hello"));
    await storage.append("d/a", bytes("!"));
    await storage.sync("d/a");
    await storage.rename("d/a", "d/b");
    expect(await storage.read("d/b", { offset: 4, lengthBytes: 9 })).toEqual(bytes("o!"));
    expect(await storage.list("d")).toEqual([{ name: "b", kind: "file", sizeBytes: 6 }]);
    expect(await storage.stat("d")).toEqual({ name: "d", kind: "folder", sizeBytes: 0 });
    await expect(storage.write("d/b", bytes("x"), { exclusive: true })).rejects.toMatchObject({ code: "EXISTS" });
    expect(await textAt(inner, "d/b")).toBe("hello!");
    await storage.remove("d");
    expect(await names(inner)).toEqual([]);
    expect(storage.calls).toEqual([
      { number: 1, name: "write", path: "d/a", sizeBytes: 5 },
      { number: 2, name: "append", path: "d/a", sizeBytes: 1 },
      { number: 3, name: "sync", path: "d/a" },
      { number: 4, name: "rename", path: "d/a", to: "d/b" },
      { number: 5, name: "read", path: "d/b" },
      { number: 6, name: "list", path: "d" },
      { number: 7, name: "stat", path: "d" },
      { number: 8, name: "write", path: "d/b", sizeBytes: 1 },
      { number: 9, name: "remove", path: "d" },
    ]);
  });

  it.each(["NO_SPACE", "READ_ONLY", "IO", "NO_PERMISSION", "NOT_FOUND", "EXISTS"] as const)("fails one call with %s", async (code) => {
    const inner = new MemoryStorage();
    const storage = new FaultStorage(inner, { faults: [{ at: 2, code }] });
    await storage.write("a", bytes("1"));
    await expect(storage.write("a", bytes("2"))).rejects.toMatchObject({ name: "SnapfitError", code });
    expect(await textAt(inner, "a")).toBe("1");
    await storage.write("a", bytes("3"));
    expect(await textAt(inner, "a")).toBe("3");
  });

  it("fails all calls that a function picks, with the first fault that fits", async () => {
    const faults: Fault[] = [
      { at: ({ name, path }) => name === "write" && path.endsWith(".tmp"), code: "NO_SPACE" },
      { at: ({ sizeBytes }) => sizeBytes === 2, code: "READ_ONLY" },
    ];
    const storage = new FaultStorage(new MemoryStorage(), { faults });
    for (const path of ["a.tmp", "b.tmp"]) await expect(storage.write(path, bytes("12"))).rejects.toMatchObject({ code: "NO_SPACE" });
    await expect(storage.append("c", bytes("12"))).rejects.toMatchObject({ code: "READ_ONLY" });
    await storage.append("c", bytes("123"));
    expect(await names(storage)).toEqual(["c"]);
  });

  it("can fail after the call was done", async () => {
    const inner = new MemoryStorage();
    const storage = new FaultStorage(inner, { faults: [{ at: ({ name }) => name === "rename", code: "IO", effect: "all" }] });
    await storage.write("a", bytes("1"));
    await expect(storage.rename("a", "b")).rejects.toThrow(
      'The test\'s fault IO met call 2, rename("a", "b"). All of it was done. See the faults of the FaultStorage.',
    );
    expect(await names(inner)).toEqual(["b"]);
    await expect(storage.rename("none", "b")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("can let the first bytes arrive", async () => {
    const inner = new MemoryStorage();
    const storage = new FaultStorage(inner, { faults: [{ at: () => true, code: "NO_SPACE", effect: { firstBytes: 2 } }] });
    await inner.write("a", bytes("old"));
    await expect(storage.write("a", bytes("new!"))).rejects.toMatchObject({ code: "NO_SPACE" });
    expect(await textAt(inner, "a")).toBe("ne");
    await expect(storage.append("a", bytes("xyz"))).rejects.toThrow("A part of it was done");
    await expect(storage.append("a", bytes("1"))).rejects.toMatchObject({ code: "NO_SPACE" });
    expect(await textAt(inner, "a")).toBe("nexy1");
    await expect(storage.remove("a")).rejects.toMatchObject({ code: "NO_SPACE" });
    await expect(storage.write("a", bytes("9"), { exclusive: true })).rejects.toMatchObject({ code: "EXISTS" });
    expect(await textAt(inner, "a")).toBe("nexy1");
  });

  it.each<[Fault["effect"], string]>([
    ["none", "1"],
    [{ firstBytes: 1 }, "12"],
    ["all", "123"],
  ])("does nothing more after a kill, which may have done %j of its call", async (effect, left) => {
    const inner = new MemoryStorage();
    const storage = new FaultStorage(inner, { faults: [{ at: 2, code: "KILLED", effect: effect! }] });
    await storage.write("a", bytes("1"));
    const killed = { code: "KILLED", message: expect.stringContaining('dead since call 2, append("a")') };
    await expect(storage.append("a", bytes("23"))).rejects.toMatchObject(killed);
    const later = [
      () => storage.write("b", bytes("1")),
      () => storage.append("a", bytes("1")),
      () => storage.remove("a"),
      () => storage.rename("a", "b"),
      () => storage.sync("a"),
      () => storage.read("a"),
      () => storage.list(""),
      () => storage.stat("a"),
    ];
    for (const call of later) await expect(call()).rejects.toMatchObject(killed);
    expect(storage.calls).toHaveLength(2);
    expect(await names(inner)).toEqual(["a"]);
    expect(await textAt(inner, "a")).toBe(left);
  });

  it("answers no call that was under way when another killed", async () => {
    const storage = new FaultStorage(new MemoryStorage(), { faults: [{ at: 2, code: "KILLED" }] });
    const answers = await Promise.allSettled([storage.stat("a"), storage.stat("b")]);
    expect(answers.map((answer) => answer.status === "rejected" && (answer.reason as SnapfitError).code)).toEqual(["KILLED", "KILLED"]);
  });

  it("stands over a disk as well", async () => {
    const folder = await mkdtemp(join(tmpdir(), "snapfit-fault-"));
    try {
      const file = join(folder, "f");
      const storage = new FaultStorage(new DiskStorage(), { faults: [{ at: 1, code: "KILLED", effect: { firstBytes: 3 } }] });
      await expect(storage.write(file, bytes("hello"))).rejects.toMatchObject({ code: "KILLED" });
      expect(await textAt(new DiskStorage(), file)).toBe("hel");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("finds at which call a kill leaves a half-written file", async () => {
    const replaceInPlace = (storage: Storage) => storage.write("f", bytes("new"));
    const replaceByRename = async (storage: Storage) => {
      await storage.write("t", bytes("new"));
      await storage.rename("t", "f");
    };
    const left = async (replace: (storage: Storage) => Promise<void>) => {
      const found = new Set<string>();
      for (let at = 1, isKilled = true; isKilled; at++) {
        const disk = new MemoryStorage();
        await disk.write("f", bytes("old"));
        const storage = new FaultStorage(disk, { faults: [{ at, code: "KILLED", effect: { firstBytes: 1 } }] });
        isKilled = await replace(storage).then(
          () => false,
          () => true,
        );
        found.add(await textAt(disk, "f"));
      }
      return [...found];
    };
    expect(await left(replaceInPlace)).toEqual(["n", "new"]);
    expect(await left(replaceByRename)).toEqual(["old", "new"]);
  });

  it.each<[Fault, string]>([
    [{ at: 0, code: "IO" }, "FaultStorage got at: 0. It takes a whole number of at least 1."],
    [{ at: 1.5, code: "IO" }, "at: 1.5"],
    [{ at: 1, code: "IO", effect: { firstBytes: -1 } }, "effect.firstBytes: -1"],
  ])("refuses the fault %j", (fault, message) => {
    const make = () => new FaultStorage(new MemoryStorage(), { faults: [fault] });
    expect(make).toThrow(expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(message) }));
  });
});

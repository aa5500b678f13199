import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MemoryStorage, type Storage } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { diskError } from "../src/node/disk-error.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function onDisk(): Promise<[Storage, string]> {
  const folder = await mkdtemp(join(tmpdir(), "snapfit-storage-"));
  folders.push(folder);
  return [new DiskStorage(), folder];
}

describe.each<[string, () => Promise<[Storage, string]>]>([
  ["MemoryStorage", async () => [new MemoryStorage(), "base"]],
  ["DiskStorage", onDisk],
])("%s", (_, make) => {
  it("writes, replaces and reads files, and makes their folders", async () => {
    const [storage, base] = await make();
    await storage.write(`${base}/a/b/file.txt`, bytes("hello world"));
    await storage.write(`${base}/a/b/file.txt`, bytes("hello"));
    expect(text(await storage.read(`${base}/a/b/file.txt`))).toBe("hello");
    expect(text(await storage.read(`${base}/a/./c/../b//file.txt`.replace("c/../", "")))).toBe("hello");
    expect((await storage.read(`${base}/a/b/file.txt`)).constructor).toBe(Uint8Array);
    await storage.write(`${base}/empty`, new Uint8Array(0));
    expect(await storage.read(`${base}/empty`)).toEqual(new Uint8Array(0));
  });

  it("reads a part, as far as the file goes", async () => {
    const [storage, base] = await make();
    await storage.write(`${base}/f`, bytes("0123456789"));
    const part = async (offset: number, lengthBytes: number) => text(await storage.read(`${base}/f`, { offset, lengthBytes }));
    expect(await part(2, 3)).toBe("234");
    expect(await part(8, 5)).toBe("89");
    expect(await part(20, 5)).toBe("");
    await expect(part(-1, 2)).rejects.toMatchObject({ code: "IO" });
    await expect(part(0, 0.5)).rejects.toThrow("0.5 bytes from 0 on is no range");
  });

  it("copies what it is given and what it gives", async () => {
    const [storage, base] = await make();
    const given = bytes("abc");
    await storage.write(`${base}/f`, given);
    given[0] = 0;
    (await storage.read(`${base}/f`))[1] = 0;
    expect(text(await storage.read(`${base}/f`))).toBe("abc");
  });

  it("appends, making the file if needed", async () => {
    const [storage, base] = await make();
    for (const part of ["a", "bc", "", "defg"]) await storage.append(`${base}/log/rows`, bytes(part));
    expect(text(await storage.read(`${base}/log/rows`))).toBe("abcdefg");
    await storage.write(`${base}/log/rows`, bytes("x"));
    await storage.append(`${base}/log/rows`, bytes("y"));
    expect(text(await storage.read(`${base}/log/rows`))).toBe("xy");
  });

  it("lets one writer win with exclusive", async () => {
    const [storage, base] = await make();
    await storage.write(`${base}/lock`, bytes("1"), { exclusive: true });
    await expect(storage.write(`${base}/lock`, bytes("2"), { exclusive: true })).rejects.toMatchObject({ code: "EXISTS" });
    expect(text(await storage.read(`${base}/lock`))).toBe("1");
  });

  it("lists sorted by name, with sizes, and nothing where nothing is", async () => {
    const [storage, base] = await make();
    for (const name of ["b", "a/inner", "B", "10", "9"]) await storage.write(`${base}/${name}`, bytes(name));
    expect(await storage.list(base)).toEqual([
      { name: "10", kind: "file", sizeBytes: 2 },
      { name: "9", kind: "file", sizeBytes: 1 },
      { name: "B", kind: "file", sizeBytes: 1 },
      { name: "a", kind: "folder", sizeBytes: 0 },
      { name: "b", kind: "file", sizeBytes: 1 },
    ]);
    expect(await storage.list(`${base}/nowhere`)).toEqual([]);
    await expect(storage.list(`${base}/b`)).rejects.toMatchObject({ code: "IO" });
  });

  it("says what is at a path", async () => {
    const [storage, base] = await make();
    await storage.write(`${base}/a/f`, bytes("12"));
    expect(await storage.stat(`${base}/a/f`)).toEqual({ name: "f", kind: "file", sizeBytes: 2 });
    expect(await storage.stat(`${base}/a`)).toEqual({ name: "a", kind: "folder", sizeBytes: 0 });
    expect(await storage.stat(`${base}/x`)).toBeUndefined();
    expect(await storage.stat(`${base}/a/f/below`)).toBeUndefined();
  });

  it("renames files over files, and folders over empty ones only", async () => {
    const [storage, base] = await make();
    await storage.write(`${base}/new`, bytes("new"));
    await storage.write(`${base}/old`, bytes("old"));
    await storage.rename(`${base}/new`, `${base}/old`);
    await storage.rename(`${base}/old`, `${base}/deep/er/old`);
    expect(text(await storage.read(`${base}/deep/er/old`))).toBe("new");
    expect(await storage.stat(`${base}/old`)).toBeUndefined();
    await storage.rename(`${base}/deep/er`, `${base}/moved`);
    expect(await storage.list(`${base}/deep`)).toEqual([]);
    await storage.rename(`${base}/moved`, `${base}/deep`);
    expect(text(await storage.read(`${base}/deep/old`))).toBe("new");
    await storage.write(`${base}/full/f`, bytes("1"));
    await expect(storage.rename(`${base}/deep`, `${base}/full`)).rejects.toMatchObject({ code: "EXISTS" });
    await storage.rename(`${base}/full`, `${base}/full`);
    expect(text(await storage.read(`${base}/full/f`))).toBe("1");
    await expect(storage.rename(`${base}/none`, `${base}/other`)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(storage.rename(`${base}/full/f`, `${base}/deep`)).rejects.toMatchObject({ code: "IO" });
    await expect(storage.rename(`${base}/full`, `${base}/full/inside`)).rejects.toMatchObject({ code: "IO" });
    expect(text(await storage.read(`${base}/full/f`))).toBe("1");
  });

  it("removes files and whole folders, and nothing without an error", async () => {
    const [storage, base] = await make();
    await storage.write(`${base}/a/b/c`, bytes("1"));
    await storage.write(`${base}/a/d`, bytes("1"));
    await storage.remove(`${base}/a/b/c`);
    expect((await storage.list(`${base}/a`)).map(({ name }) => name)).toEqual(["b", "d"]);
    await storage.remove(`${base}/a`);
    await storage.remove(`${base}/a`);
    await storage.write(`${base}/file`, bytes("1"));
    await storage.remove(`${base}/file/below`);
    expect((await storage.list(base)).map(({ name }) => name)).toEqual(["file"]);
  });

  it("syncs files and folders that are there", async () => {
    const [storage, base] = await make();
    await storage.write(`${base}/a/f`, bytes("1"));
    await storage.sync(`${base}/a/f`);
    await storage.sync(`${base}/a`);
    await expect(storage.sync(`${base}/x`)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("names the path of what it cannot do", async () => {
    const [storage, base] = await make();
    await storage.write(`${base}/f`, bytes("1"));
    await expect(storage.read(`${base}/x`)).rejects.toThrow(`Could not read "${base}/x": nothing is there. Check the path.`);
    await expect(storage.read(base)).rejects.toThrow("it is a folder");
    await expect(storage.read(`${base}/f/below`)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(storage.write(base, bytes("1"))).rejects.toMatchObject({ code: "IO" });
    await expect(storage.write(`${base}/f/below`, bytes("1"))).rejects.toThrow("is a file");
    await expect(storage.append(`${base}/f/below/deeper`, bytes("1"))).rejects.toMatchObject({ code: "IO" });
  });
});

describe("MemoryStorage", () => {
  it("takes any spelling of a path", async () => {
    const storage = new MemoryStorage();
    await storage.write("./a//b/../c/", bytes("1"));
    expect(text(await storage.read("/a/c"))).toBe("1");
    expect(await storage.stat("../..")).toEqual({ name: "", kind: "folder", sizeBytes: 0 });
    await expect(storage.rename("a", "/")).rejects.toMatchObject({ code: "EXISTS" });
    await storage.remove("/");
    expect(await storage.list("")).toEqual([]);
  });
});

describe("DiskStorage", () => {
  it.skipIf(!existsSync("/dev/full"))("says NO_SPACE on a full device", async () => {
    const error = await new DiskStorage().append("/dev/full", bytes("1")).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "NO_SPACE", cause: { code: "ENOSPC" } });
  });

  it("leaves broken links out of lists", async () => {
    const [storage, base] = await onDisk();
    await storage.write(`${base}/f`, bytes("1"));
    await symlink(`${base}/nowhere`, `${base}/link`);
    expect((await storage.list(base)).map(({ name }) => name)).toEqual(["f"]);
  });

  it("gives each system error a code", () => {
    const codeOf = (code: string) => diskError("write", "p", Object.assign(new Error("system says so"), { code })).code;
    expect(["ENOENT", "EEXIST", "ENOTEMPTY", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "ENOTDIR"].map(codeOf)).toEqual([
      "NOT_FOUND",
      "EXISTS",
      "EXISTS",
      "NO_SPACE",
      "NO_SPACE",
      "READ_ONLY",
      "NO_PERMISSION",
      "NO_PERMISSION",
      "IO",
      "IO",
    ]);
    expect(diskError("write", "p", Object.assign(new Error("cable out"), { code: "EIO" })).message).toBe(
      'Could not write "p": cable out. Check the path.',
    );
    expect(diskError("write", "p", "odd").message).toContain("odd");
  });
});

import { describe, expect, it } from "vitest";
import type { Storage } from "@snapfit/base";
import { atTheEnd, bytes, crash } from "./crash.js";

describe("ways to replace a file", () => {
  const start = { f: "old" };
  const isOldOrNew = (content: string) => ["f=old", "f=new!"].includes(content.split(" ")[0]!);

  it("catches a write in place", async () => {
    const { contents } = await crash(start, (storage) => storage.write("f", bytes("new!")));
    expect(contents).toEqual(["f=", "f=0000", "f=00w!", "f=ne", "f=ne00", "f=new", "f=new!", "f=new0", "f=old"]);
  });

  it("catches a rename of what was not synced", async () => {
    const { contents } = await crash(start, async (storage) => {
      await storage.write("t", bytes("new!"));
      await storage.rename("t", "f");
      await storage.sync("");
    });
    expect(contents.filter((content) => !isOldOrNew(content))).toEqual(["f=", "f=0000", "f=00w!", "f=ne", "f=ne00", "f=new", "f=new0"]);
  });

  it("catches a rename that nothing made durable, once it is relied on", async () => {
    const task = async (storage: Storage) => {
      await storage.write("t", bytes("new!"));
      await storage.sync("t");
      await storage.rename("t", "f");
    };
    expect((await crash(start, task)).contents.every(isOldOrNew)).toBe(true);
    expect(await atTheEnd(start, task)).toEqual(["f=new!", "f=old", "f=old t=new!"]);
  });

  it("lets write, sync, rename, sync of the folder pass", async () => {
    const task = async (storage: Storage) => {
      await storage.write("t", bytes("new!"));
      await storage.sync("t");
      await storage.rename("t", "f");
      await storage.sync("");
    };
    const { contents, numLeftOut } = await crash(start, task);
    expect(contents).toHaveLength(10);
    expect(contents.every(isOldOrNew)).toBe(true);
    expect(numLeftOut).toBe(0);
    expect(await atTheEnd(start, task)).toEqual(["f=new!"]);
  });

  it("catches a sync that nobody waits for", async () => {
    const { contents } = await crash(start, async (storage) => {
      await storage.write("t", bytes("new!"));
      const synced = storage.sync("t");
      await storage.rename("t", "f");
      await synced;
    });
    expect(contents).toContain("f=");
  });
});

describe("a sync", () => {
  it("keeps nothing that came after it began", async () => {
    const appended = await atTheEnd({ f: "1" }, async (storage) => {
      const synced = storage.sync("f");
      await storage.append("f", bytes("2"));
      await synced;
    });
    expect(appended).toEqual(["f=1", "f=10", "f=12"]);
    const removed = await atTheEnd({ f: "1" }, async (storage) => {
      const synced = storage.sync("");
      await storage.remove("f");
      await synced;
    });
    expect(removed).toEqual(["", "f=1"]);
  });

  it("that failed keeps nothing", async () => {
    const states = await atTheEnd({}, async (storage) => {
      await storage.write("f", bytes(""));
      await expect(storage.sync("g")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
    expect(states).toEqual(["", "f="]);
  });
});

describe("bytes", () => {
  it("of several appends arrive up to some place, or behind zeros", async () => {
    const states = await atTheEnd({ log: "ab" }, async (storage) => {
      await storage.append("log", bytes("CD"));
      await storage.append("log", bytes("EF"));
    });
    const prefixes = ["ab", "abC", "abCD", "abCDE", "abCDEF"];
    const zeros = ["ab00", "ab0D", "abC0", "ab00EF", "ab000F", "abCD00", "abCDE0"];
    expect(states).toEqual([...prefixes, ...zeros].map((content) => `log=${content}`).sort());
  });

  it("that were synced stay, under whatever name", async () => {
    const states = await atTheEnd({ a: "1" }, async (storage) => {
      await storage.append("a", bytes("2"));
      await storage.sync("a");
      await storage.rename("a", "b");
      await storage.append("b", bytes("3"));
    });
    expect(states).toEqual(["a=12", "a=120", "a=123", "b=12", "b=120", "b=123"]);
  });

  it("are those that the caller gave, even if it uses its array again", async () => {
    const { contents } = await crash({}, async (storage) => {
      const buffer = bytes("x");
      const written = storage.write("a", buffer);
      buffer.fill(0);
      await written;
      await storage.sync("a");
      await storage.sync("");
    });
    expect(contents).toContain("a=x");
  });
});

describe("names", () => {
  it("in one folder come and go in any order, and each name in its own", async () => {
    const states = await atTheEnd({ a: "1", b: "2" }, async (storage) => {
      await storage.rename("a", "x");
      await storage.rename("b", "y");
      await storage.remove("x");
    });
    expect(states).toEqual(["a=1 b=2", "a=1 y=2", "b=2", "b=2 x=1", "x=1 y=2", "y=2"]);
  });

  it("of a new file are not kept by the sync of its bytes", async () => {
    const states = await atTheEnd({}, async (storage) => {
      await storage.write("d/f", bytes("1"));
      await storage.sync("d/f");
    });
    expect(states).toEqual(["", "d/", "d/f=1"]);
  });

  it("are kept by the sync of their own folder only", async () => {
    const task = async (storage: Storage) => {
      await storage.write("d/f", bytes(""));
      await storage.sync("d");
    };
    expect(await atTheEnd({}, task)).toEqual(["", "d/f="]);
    const withParent = async (storage: Storage) => {
      await task(storage);
      await storage.sync("/");
    };
    expect(await atTheEnd({}, withParent)).toEqual(["d/f="]);
  });

  it("may be missing in a folder that was renamed", async () => {
    const task = async (storage: Storage) => {
      await storage.write("t/f", bytes(""));
      await storage.rename("t", "d");
      await storage.sync("");
    };
    expect(await atTheEnd({ x: "" }, task)).toEqual(["d/ x=", "d/f= x="]);
  });

  it("are never both gone, or both there, by a rename between folders; a sync of either keeps it", async () => {
    const move = (storage: Storage) => storage.rename("a/f", "b/f");
    const start = { "a/f": "1", "b/g": "2" };
    expect(await atTheEnd(start, move)).toEqual(["a/ b/f=1 b/g=2", "a/f=1 b/g=2"]);
    for (const folder of ["a", "b"]) {
      const states = await atTheEnd(start, async (storage) => {
        await move(storage);
        await storage.sync(folder);
      });
      expect(states).toEqual(["a/ b/f=1 b/g=2"]);
    }
  });

  it("keep the order of what happens to one name", async () => {
    const states = await atTheEnd({}, async (storage) => {
      await storage.write("a", bytes("1"));
      await storage.sync("a");
      await storage.rename("a", "b");
      await storage.write("a", bytes("2"));
      await storage.sync("a");
    });
    expect(states).toEqual(["", "a=1", "a=2 b=1", "b=1"]);
  });

  it("do not vanish into a folder that is not there", async () => {
    const moveAndSync = (folder: string) =>
      atTheEnd({ f: "1" }, async (storage) => {
        await storage.rename("f", "new/er/f");
        await storage.sync(folder);
      });
    expect(await moveAndSync("new")).toEqual(["f=1", "f=1 new/er/", "new/er/f=1"]);
    expect(await moveAndSync("new/er")).toEqual(["new/er/f=1"]);
  });

  it("do not vanish from a folder that another replaces", async () => {
    const states = await atTheEnd({ "a/f": "1", "b/g": "2" }, async (storage) => {
      await storage.rename("a/f", "f");
      await storage.rename("b", "a");
    });
    expect(states).toEqual(["a/ b/g=2 f=1", "a/f=1 b/g=2", "a/g=2 f=1"]);
  });

  it("do not vanish with a folder that they moved out of", async () => {
    const states = await atTheEnd({ "a/f": "1", "a/g": "2" }, async (storage) => {
      await storage.rename("a/f", "f");
      await storage.remove("a");
    });
    expect(states).toEqual(["a/ f=1", "a/f=1", "a/f=1 a/g=2", "a/g=2 f=1", "f=1"].sort());
  });

  it("go one by one when a folder is removed", async () => {
    const states = await atTheEnd({ "d/a": "", "d/e/b": "" }, (storage) => storage.remove("d"));
    expect(states).toEqual(["", "d/", "d/a=", "d/a= d/e/", "d/a= d/e/b=", "d/e/", "d/e/b="].sort());
  });
});

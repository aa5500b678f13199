import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inProcessGroups, MemoryStorage, type Storage } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { afterAll, describe, expect, test } from "vitest";
import type { TrainerOptions } from "../src/index.js";
import { ScalarTrainer, scalarOptions } from "./support/scalar.js";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

class Filing extends ScalarTrainer {
  claim(storage: Storage, mayReopen = false): Promise<string> {
    return this.runFolder(storage, { mayReopen });
  }
}

describe.each<[string, () => Promise<[Storage, string]>]>([
  ["MemoryStorage", async () => [new MemoryStorage(), "out"]],
  [
    "DiskStorage",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "snapfit-run-"));
      folders.push(folder);
      return [new DiskStorage(), folder];
    },
  ],
])("runFolder on %s", (_, make) => {
  const filing = (outputDir: string, options: Partial<TrainerOptions> = {}) => new Filing(scalarOptions({ outputDir, ...options }));

  test("is outputDir/runName, and numbered where that is taken", async () => {
    const [storage, base] = await make();
    expect(await filing(base).claim(storage)).toBe(`${base}/Filing`);
    expect(await filing(`${base}//`).claim(storage)).toBe(`${base}/Filing-2`);
    expect(await filing(base, { runName: "mine" }).claim(storage)).toBe(`${base}/mine`);
    expect(await filing(base).claim(storage)).toBe(`${base}/Filing-3`);
    expect((await storage.list(base)).map(({ name }) => name)).toEqual(["Filing", "Filing-2", "Filing-3", "mine"]);
    expect((await storage.list(`${base}/mine`)).map(({ name }) => name)).toEqual(["run.json"]);
  });

  test("is claimed once for a trainer, whoever asks", async () => {
    const [storage, base] = await make();
    const trainer = filing(base);
    expect(await Promise.all([trainer.claim(storage), trainer.claim(storage, true), trainer.claim(storage)])).toEqual(
      Array(3).fill(`${base}/Filing`),
    );
    expect(await storage.list(base)).toHaveLength(1);
  });

  test("is opened again by those who resume, and made where it is not there", async () => {
    const [storage, base] = await make();
    expect(await filing(base).claim(storage, true)).toBe(`${base}/Filing`);
    expect(await filing(base).claim(storage, true)).toBe(`${base}/Filing`);
    await storage.write(`${base}/file`, new Uint8Array(1));
    expect(await filing(base, { runName: "file" }).claim(storage, true)).toBe(`${base}/file-2`);
  });

  test("is another one for each of many that begin at once", async () => {
    const [storage, base] = await make();
    const claimed = await Promise.all(Array.from({ length: 5 }, () => filing(base).claim(storage)));
    expect([...claimed].sort()).toEqual([`${base}/Filing`, ...[2, 3, 4, 5].map((i) => `${base}/Filing-${i}`)]);
  });

  test("is one for all ranks", async () => {
    const [storage, base] = await make();
    await filing(base).claim(storage);
    const claimed = await Promise.all(inProcessGroups(3).map((processGroup) => filing(base, { processGroup }).claim(storage)));
    expect(claimed).toEqual(Array(3).fill(`${base}/Filing-2`));
    expect(await storage.list(base)).toHaveLength(2);
  });
});

test("what the storage refuses reaches the caller", async () => {
  const storage = new MemoryStorage();
  await storage.write("out", new Uint8Array(1));
  await expect(new Filing(scalarOptions({ outputDir: "out" })).claim(storage)).rejects.toMatchObject({ name: "SnapfitError" });
});

import { MemoryStorage, RandomStream, type Storage } from "@snapfit/base";
import { describe, expect, test } from "vitest";
import { CheckpointFolder } from "../src/checkpoint-folder.js";
import { hashState } from "../src/checkpoint.js";
import { FOLDER, tinyRun } from "./support/tiny-run.js";

const NUM_MUTATIONS = 400;
const keep = { newest: 2, best: 2, mode: "min", bestName: "best_model" } as const;

/** Names of the newest checkpoint, of the files it is made of, and of the checkpoint before it. */
const FORMATS = [
  { format: "ckpt", newest: "epoch_3.ckpt", members: [""] },
  { format: "safetensors", newest: "epoch_3", members: ["/model.safetensors", "/state.safetensors", "/state.json"] },
] as const;

/** One change: a bit, a byte, a stretch of zeros or noise, a part missing or twice, another length, all gone. */
function mutated(bytes: Uint8Array, random: RandomStream): Uint8Array | undefined {
  const [a, b] = [random.integer(bytes.length), random.integer(bytes.length)].sort((one, other) => one - other) as [number, number];
  const end = Math.min(b, a + 64);
  const copy = bytes.slice();
  switch (random.integer(9)) {
    case 0:
      copy[a]! ^= 1 << random.integer(8);
      return copy;
    case 1:
      copy[a] = random.integer(256);
      return copy;
    case 2:
      return copy.fill(0, a, end);
    case 3:
      return copy.map((byte, i) => (i >= a && i < end ? random.integer(256) : byte));
    case 4:
      return Buffer.concat([bytes.subarray(0, a), bytes.subarray(b)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, b), bytes.subarray(a)]);
    case 6:
      return bytes.slice(0, random.integer(2) === 0 ? a : a % 16);
    case 7:
      copy[random.integer(Math.min(16, copy.length))] = random.integer(256); // the length of the header
      return copy;
    default:
      return undefined;
  }
}

async function open(storage: Storage, format: "ckpt" | "safetensors") {
  const folder = new CheckpointFolder(storage, { path: FOLDER, format, keep });
  const said: string[] = [];
  await folder.open((sentence) => said.push(sentence));
  const found = await folder.newest((sentence) => said.push(sentence));
  return { said, found: found && { path: found.path, hash: hashState(found.packed), texts: found.packed.texts } };
}

async function copied(storage: MemoryStorage, folder = "."): Promise<MemoryStorage> {
  const copy = new MemoryStorage();
  const walk = async (path: string): Promise<void> => {
    for (const { name, kind } of await storage.list(path)) {
      const inside = `${path}/${name}`;
      await (kind === "folder" ? walk(inside) : storage.read(inside).then((bytes) => copy.write(inside, bytes)));
    }
  };
  await walk(folder);
  return copy;
}

describe.each(FORMATS)("a changed $format checkpoint", ({ format, newest, members }) => {
  test("is found out, whatever the change, and the one before is taken; or it says the same as before", async () => {
    const disk = new MemoryStorage();
    await tinyRun(disk, { format });
    const before = await open(disk, format);
    expect(before).toMatchObject({ said: [], found: { path: `${FOLDER}/${newest}` } });
    const random = RandomStream.fromSeed(1, "hostile");
    let numFound = 0;
    for (let i = 0; i < NUM_MUTATIONS; i++) {
      const path = `${FOLDER}/${newest}${members[i % members.length]!}`;
      const bytes = mutated(await disk.read(path), random);
      const storage = await copied(disk);
      await (bytes ? storage.write(path, bytes) : storage.remove(path));
      const { said, found } = await open(storage, format);
      const isWholeFileGone = bytes === undefined && format === "ckpt";
      if (said.length === 0 && !isWholeFileGone) expect(found).toEqual(before.found);
      else {
        numFound += 1;
        expect(found?.path).toMatch(/best_model(\.ckpt)?$/); // saved with epoch 3, before its end
        if (!isWholeFileGone) expect(said).toEqual([expect.stringContaining(`"${FOLDER}/${newest}" `)]);
      }
    }
    expect(numFound).toBeGreaterThan(0.8 * NUM_MUTATIONS);
  });

  test("is passed over by a run, which says so, and ends with the same bits", async () => {
    const disk = new MemoryStorage();
    const { hash } = await tinyRun(disk, { format });
    for (const member of members) {
      const storage = await copied(disk);
      const path = `${FOLDER}/${newest}${member}`;
      await storage.write(
        path,
        (await disk.read(path)).map((byte, i) => (i > 300 && i % 500 === 0 ? byte ^ 64 : byte)),
      );
      const run = await tinyRun(storage, { format });
      expect(run.lines.filter((line) => line.includes("is no whole checkpoint"))).toEqual([
        expect.stringContaining(`"${FOLDER}/${newest}"`),
      ]);
      expect(run.resumedAt).toBe(9);
      expect(run.hash).toBe(hash);
    }
  });

  test("is the only one: a run starts anew, and says so; or does not start, if it must resume", async () => {
    const disk = new MemoryStorage();
    const { hash } = await tinyRun(disk, { format });
    for (const { name } of await disk.list(FOLDER)) if (!name.startsWith(newest)) await disk.remove(`${FOLDER}/${name}`);
    const path = `${FOLDER}/${newest}${members[0]}`;
    await disk.write(path, (await disk.read(path)).slice(0, -1));
    const refused = await tinyRun(await copied(disk), { format, resume: "must" });
    expect(refused.error).toMatchObject({ code: "NO_CHECKPOINT" });
    const run = await tinyRun(disk, { format });
    expect(run.lines.some((line) => line.includes("is no whole checkpoint"))).toBe(true);
    expect([run.resumedAt, run.hash]).toEqual([0, hash]);
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MemoryStorage, type Storage } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { afterAll, describe, expect, test } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";
import { FolderLock } from "../src/folder-lock.js";
import { data, failureOf, World } from "./support/run.js";

const scratch = mkdtempSync(join(tmpdir(), "snapfit-locks-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const holder = childProgram(fileURLToPath(new URL("support/lock-holder-child.ts", import.meta.url)));

const LOCK = "run/lock.json";
const TIMES = { beatMs: 10, patienceMs: 100 };
const DEAD_PID = 2 ** 22 + 1; // above what Linux gives

async function write(storage: Storage, lock: object): Promise<void> {
  await storage.write(
    LOCK,
    new TextEncoder().encode(JSON.stringify({ processStart: null, host: hostname(), token: "other", beat: 0, ...lock })),
  );
}

/** Takes the lock of "run" and says what was said. */
async function take(storage: Storage): Promise<{ readonly lock: FolderLock; readonly said: readonly string[] }> {
  const said: string[] = [];
  return { lock: await FolderLock.take(storage, "run", (sentence) => void said.push(sentence), TIMES), said };
}

test("a second process is told which one writes there; once that is killed, it takes over", async () => {
  const child = spawn(process.execPath, [holder, scratch], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const world = new World(new DiskStorage());
  const make = () => world.trainer({}, { outputDir: scratch, runName: "held" });
  {
    await using trainer = make();
    const { code, message } = await failureOf(trainer.ready());
    expect(code).toBe("DIRECTORY_LOCKED");
    expect(message).toContain(`"${scratch}/held/checkpoints" is in use by process ${child.pid} on ${hostname()}.`);
  }
  child.kill("SIGKILL");
  await once(child, "close");
  {
    await using trainer = make();
    await trainer.fit({ ...data(), epochs: 1 });
  }
  expect(world.lines.join("\n")).toContain(`is of process ${child.pid} on ${hostname()}, which has ended: taken over.`);
});

test("two trainers of one process do not write into one folder; the second one may after the first is closed", async () => {
  const world = new World();
  {
    await using first = world.trainer();
    await first.ready();
    await using second = world.trainer();
    expect(await failureOf(second.ready())).toMatchObject({
      code: "DIRECTORY_LOCKED",
      message: expect.stringContaining("another trainer of this process") as string,
    });
  }
  expect(await world.trainTo(1)).toContain("epoch_1.ckpt");
});

describe("a lock is taken over", () => {
  test.each([
    ["whose process has ended", { pid: DEAD_PID }],
    ["of this process, which does not know of it", { pid: process.pid }],
    ["whose number is that of a process that began later", { pid: process.ppid, processStart: "1" }],
    ["without a process", { pid: -1 }],
  ])("%s", async (_, lock) => {
    const storage = new MemoryStorage();
    await write(storage, lock);
    const { lock: taken, said } = await take(storage);
    expect(said).toEqual([`The lock of "run" is of process ${lock.pid} on ${hostname()}, which has ended: taken over.`]);
    await taken.release();
    expect(await storage.list("run")).toEqual([]);
  });

  test.each(["", '{"pid":', "[]", "null", '{"pid":"1","token":7}'])("that a crash has left as %j", async (text) => {
    const storage = new MemoryStorage();
    await storage.write(LOCK, new TextEncoder().encode(text));
    const { lock } = await take(storage);
    await expect(lock.check()).resolves.toBeUndefined();
    await lock.release();
  });

  test("of another machine, after it has not moved for a while", async () => {
    const storage = new MemoryStorage();
    await write(storage, { pid: process.pid, host: "elsewhere" });
    const { lock, said } = await take(storage);
    expect(said).toEqual([
      `"run/lock.json" is of process ${process.pid} on elsewhere: waiting up to 0.1 s to see whether that still runs.`,
      `The lock of "run" is of process ${process.pid} on elsewhere, which has ended: taken over.`,
    ]);
    await lock.release();
  });
});

test("a lock of another machine that moves is respected", async () => {
  const storage = new MemoryStorage();
  await write(storage, { pid: 5, host: "elsewhere" });
  let beat = 0;
  const timer = setInterval(() => void write(storage, { pid: 5, host: "elsewhere", beat: ++beat }), TIMES.beatMs);
  expect(await failureOf(take(storage))).toMatchObject({
    code: "DIRECTORY_LOCKED",
    message: expect.stringContaining("process 5 on elsewhere") as string,
  });
  clearInterval(timer);
});

test.runIf(process.platform === "linux")("a process is known by its number and its beginning", async () => {
  const storage = new MemoryStorage();
  const stat = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
  await write(storage, { pid: process.ppid, processStart: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] });
  expect(await failureOf(take(storage))).toMatchObject({ code: "DIRECTORY_LOCKED" });
});

test("of several that find a stale lock at once, one takes the folder", async () => {
  for (const makeStorage of [() => new MemoryStorage(), () => new DiskStorage()]) {
    const storage = makeStorage();
    const folder = storage instanceof DiskStorage ? `${scratch}/race` : "race";
    await storage.write(
      `${folder}/lock.json`,
      new TextEncoder().encode(JSON.stringify({ pid: DEAD_PID, processStart: null, host: hostname(), token: "dead", beat: 0 })),
    );
    const takers = await Promise.allSettled(Array.from({ length: 6 }, () => FolderLock.take(storage, folder, () => undefined, TIMES)));
    const taken = takers.flatMap((taker) => (taker.status === "fulfilled" ? [taker.value] : []));
    expect(taken.length).toBe(1);
    for (const taker of takers) if (taker.status === "rejected") expect(taker.reason).toMatchObject({ code: "DIRECTORY_LOCKED" });
    await taken[0]!.check();
    await taken[0]!.release();
    expect(await storage.list(folder)).toEqual([]);
  }
});

test("a lock that another process takes over meanwhile stays with that one", async () => {
  class Race extends MemoryStorage {
    override async rename(from: string, to: string): Promise<void> {
      if (from === LOCK) await write(this, { pid: process.ppid, token: "faster" });
      await super.rename(from, to);
    }
  }
  const storage = new Race();
  await write(storage, { pid: DEAD_PID });
  expect(await failureOf(take(storage))).toMatchObject({ code: "DIRECTORY_LOCKED" });
  expect(new TextDecoder().decode(await storage.read(LOCK))).toContain("faster");
});

test("a run whose folder another process has taken over writes nothing there any more", async () => {
  const storage = new MemoryStorage();
  const { lock } = await take(storage);
  await write(storage, { pid: DEAD_PID });
  expect(await failureOf(lock.check())).toMatchObject({ code: "DIRECTORY_LOCKED" });
  await lock.release();
  expect((await storage.list("run")).map(({ name }) => name)).toEqual(["lock.json"]);
});

import { MemoryStorage } from "@snapfit/base";
import { FaultStorage, type StorageCall } from "@snapfit/test-utils";
import { describe, expect, test } from "vitest";
import { data, World } from "./support/run.js";
import { wholeCheckpoints } from "./support/whole-checkpoints.js";

const FOLDER = "export";

/** Saves after one epoch and after three, outside of the manager's folder. @returns whether it lived so long */
async function saveTwice(storage: FaultStorage, path: string, format: "ckpt" | "safetensors"): Promise<boolean> {
  const trainer = new World(storage).trainer({ format, async: false, everyEpochs: 0, best: { keep: 0 } });
  try {
    for (const epochs of [1, 2]) {
      await trainer.fit({ ...data(), epochs });
      await trainer.stateManager.save(path);
    }
    return true;
  } catch {
    return false;
  } finally {
    await trainer.close().catch(() => undefined);
  }
}

const changes = ({ name, path }: StorageCall): boolean => path.startsWith(FOLDER) && !["read", "stat", "list"].includes(name);

describe.each(["ckpt", "safetensors"] as const)("save(path) outside of the manager's folder, as %s, killed at any call,", (format) => {
  const path = `${FOLDER}/model${format === "ckpt" ? ".ckpt" : ""}`;

  test("leaves the old one or the new one to load(path), and nothing else once save(path) has run again", async () => {
    const whole = new FaultStorage(new MemoryStorage());
    expect(await saveTwice(whole, path, format)).toBe(true);
    const kills = whole.calls.filter(changes);
    const second = kills.findIndex((call, i) => i > 0 && call.name === "remove" && call.path === kills[0]!.path);
    expect(kills.length - second).toBeGreaterThan(3);
    for (const kill of kills.slice(second)) {
      const at = `killed at call ${kill.number}, ${kill.name} ${kill.path}`;
      const disk = new MemoryStorage();
      const dying = new FaultStorage(disk, { faults: [{ at: kill.number, code: "KILLED" }] });
      expect(await saveTwice(dying, path, format), at).toBe(false);

      const world = new World(disk);
      await using trainer = world.trainer({ format, resume: path }, { runName: "next" });
      await trainer.ready();
      expect([6, 18], at).toContain(trainer.progress.step);
      // Reading changes nothing: a save may be under way.
      expect((await world.names(FOLDER)).length, at).toBeGreaterThan(0);
      await trainer.stateManager.save(path);
      expect(await world.names(FOLDER), at).toEqual([path.slice(FOLDER.length + 1)]);
      expect([...(await wholeCheckpoints(disk, FOLDER)).values()][0]!.step, at).toBe(trainer.progress.step);
    }
  });

  test("and followed by one that fails, loses nothing", async () => {
    const disk = new MemoryStorage();
    const isFirst = ({ name, to }: StorageCall): boolean => name === "rename" && to === path;
    let numRenames = 0;
    const dying = new FaultStorage(disk, { faults: [{ at: (call) => isFirst(call) && ++numRenames === 2, code: "KILLED" }] });
    expect(await saveTwice(dying, path, format)).toBe(false);
    const full = new FaultStorage(disk, {
      faults: [{ at: ({ name, path: at }) => name === "append" && at.startsWith(FOLDER), code: "NO_SPACE" }],
    });
    await using trainer = new World(full).trainer({ format }, { runName: "next" });
    await trainer.ready();
    await expect(trainer.stateManager.save(path)).rejects.toMatchObject({ code: "NO_SPACE" });
    expect([...(await wholeCheckpoints(disk, FOLDER)).values()].map(({ step }) => step)).toEqual([6]);
  });
});

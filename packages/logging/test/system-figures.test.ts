import { systemFigures, type Figures } from "@snapfit/logging/node";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";

const program = childProgram(fileURLToPath(new URL("./system-figures-child.ts", import.meta.url)));
let folder: string;
const path = process.env["PATH"];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "system-figures-"));
  process.env["PATH"] = folder; // without nvidia-smi
});
afterEach(() => {
  process.env["PATH"] = path;
  rmSync(folder, { recursive: true });
});

/** Figures until there are so many samples, or they fit. */
async function samples(isEnough: (all: readonly Figures[]) => boolean): Promise<Figures[]> {
  const all: Figures[] = [];
  const stop = systemFigures((figures) => void all.push(figures), { everyMs: 5 });
  await vi.waitUntil(() => isEnough(all), { timeout: 20_000 });
  stop();
  return all;
}

describe("systemFigures", () => {
  test("tells memory and disk at once, and the processor's share from the second sample on", async () => {
    const [first, second] = await samples((all) => all.length > 1);
    expect(first!["cpu"]).toBeUndefined();
    expect(second!["cpu"]).toBeGreaterThanOrEqual(0);
    expect(second!["cpu"]).toBeLessThanOrEqual(110);
    for (const figures of [first!, second!]) {
      const root = process.platform === "win32" ? Object.keys(figures).find((name) => name.endsWith("usageGB"))! : "disk./.usageGB";
      expect(figures[root]).toBeGreaterThan(0);
      expect(figures["proc.memory.rssMB"]! * 1024 ** 2).toBeGreaterThan(process.memoryUsage().heapUsed / 2);
      for (const share of ["memory_percent", "proc.memory.percent", root.replace("GB", "Percent")]) {
        expect(figures[share]).toBeGreaterThan(0);
        expect(figures[share]).toBeLessThanOrEqual(100);
      }
      expect(figures["proc.memory.availableMB"]).toBeGreaterThan(0);
    }
  });

  test.skipIf(process.platform !== "linux")(
    "on Linux it tells threads, and counts disks, network and TCP's retransmits from 0",
    async () => {
      const [first] = await samples((all) => all.length > 0);
      expect(first!["proc.cpu.threads"]).toBeGreaterThanOrEqual(
        Number(/Threads:\s+(\d+)/.exec(execFileSync("/bin/cat", ["/proc/self/status"], { encoding: "utf8" }))![1]),
      );
      for (const name of ["network.sent", "network.recv", "network.tcpRetransmits"]) expect(first![name]).toBeGreaterThanOrEqual(0);
      const counters = Object.keys(first!).filter((name) => /^disk\.\w+\.(in|out)$/.test(name));
      for (const name of counters) expect(first![name]).toBeLessThan(1000);
      expect(Object.values(first!).every(Number.isFinite)).toBe(true);
    },
  );

  test.skipIf(process.platform === "win32")("tells what nvidia-smi says of each GPU, and leaves out what it does not know", async () => {
    const smi = join(folder, "nvidia-smi");
    writeFileSync(
      smi,
      `#!/bin/sh\necho "$@" > ${folder}/arguments\necho "0, 97, 45, 20480, 81920, 61, 350.5, 700.0"\necho "1, 0, 0, 0, 81920, 30, [N/A], [N/A]"\nexec /bin/sleep 1000\n`,
    );
    chmodSync(smi, 0o755);
    const all = await samples((taken) => taken.at(-1)?.["gpu.1.gpu"] !== undefined);
    const gpu = Object.fromEntries(Object.entries(all.at(-1)!).filter(([name]) => name.startsWith("gpu.")));
    expect(gpu).toEqual({
      "gpu.0.gpu": 97,
      "gpu.0.memory": 45,
      "gpu.0.memoryAllocated": 25,
      "gpu.0.memoryAllocatedBytes": 20 * 1024 ** 3,
      "gpu.0.temp": 61,
      "gpu.0.powerWatts": 350.5,
      "gpu.0.powerPercent": (100 * 350.5) / 700,
      "gpu.1.gpu": 0,
      "gpu.1.memory": 0,
      "gpu.1.memoryAllocated": 0,
      "gpu.1.memoryAllocatedBytes": 0,
      "gpu.1.temp": 30,
    });
  });

  test("goes on when it cannot be taken, and ends when it is stopped", async () => {
    let numCalls = 0;
    const stop = systemFigures(
      () => {
        numCalls += 1;
        throw new Error("full");
      },
      { everyMs: 1 },
    );
    await vi.waitUntil(() => numCalls > 2);
    stop();
    const numThen = numCalls;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(numCalls).toBe(numThen);
  });

  test("keeps no process alive, and can be stopped at once where there is no nvidia-smi", async () => {
    const child = spawn(process.execPath, [program], { detached: true, stdio: ["ignore", "pipe", "inherit"] }); // its own group: a fault would end all of it
    const [output, exit] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect([output, exit]).toEqual(["1 sample\n", [0, null]]);
  });

  test.skipIf(process.platform === "win32")("keeps no process alive, and nvidia-smi ends after it", async () => {
    const smi = join(folder, "nvidia-smi");
    const pid = join(folder, "pid");
    writeFileSync(smi, `#!/bin/sh\necho $$ > ${pid}\nwhile echo "0, 1, 1, 1, 2, 1, 1, 2"; do /bin/sleep 0.05; done\n`);
    chmodSync(smi, 0o755);
    expect(execFileSync(process.execPath, [program], { encoding: "utf8" })).toBe("1 sample\n");
    await vi.waitUntil(() => existsSync(pid) && !isRunning(Number(readFileSync(pid, "utf8"))), { timeout: 20_000 });
  });
});

function isRunning(pid: number): boolean {
  try {
    return pid === 0 || process.kill(pid, 0);
  } catch {
    return false;
  }
}

import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { parse } from "node:path";
import { GpuFigures } from "./gpu-figures.js";

/** Figures by name, such as `cpu` or `gpu.0.temp`. The README has a table of them. */
export type Figures = Readonly<Record<string, number>>;

const MB = 1024 ** 2;
const GB = 1024 ** 3;
/** Unit of /proc/diskstats, whatever the disk's own is. */
const SECTOR_BYTES = 512;

/**
 * Tells how busy the machine is: at once, and then every `everyMs` (15 s) until it is stopped. Keeps no process alive, and never throws: what a
 * system does not tell is left out, and what `take` throws is lost.
 * @returns the end of it
 */
export function systemFigures(take: (figures: Figures) => void, { everyMs = 15_000 }: { readonly everyMs?: number } = {}): () => void {
  const gpus = new GpuFigures(everyMs);
  const sample = sampler(gpus);
  const tell = (): void => {
    try {
      take(sample());
    } catch {} // nobody waits for it
  };
  tell();
  const timer = setInterval(tell, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    gpus.close();
  };
}

/** Figures of now; those that count are counted from the first call on, and shares of time from call to call. */
function sampler(gpus: GpuFigures): () => Figures {
  const root = parse(process.cwd()).root;
  const countersBefore = { ...diskCounters(), ...networkCounters() };
  let before: { readonly atMs: number; readonly cpu: NodeJS.CpuUsage } | undefined;
  return () => {
    const atMs = performance.now();
    const cpu = process.cpuUsage();
    const figures: Record<string, number> = { ...memoryFigures(), ...threads(), ...diskUsage(root) };
    if (before !== undefined) {
      const usedMs = (cpu.user - before.cpu.user + cpu.system - before.cpu.system) / 1000;
      figures["cpu"] = (100 * usedMs) / (atMs - before.atMs) / availableParallelism();
    }
    before = { atMs, cpu };
    const counters: Record<string, number> = { ...diskCounters(), ...networkCounters() };
    for (const [name, count] of Object.entries(counters))
      figures[name] = count - (countersBefore[name as keyof typeof countersBefore] ?? 0);
    return { ...figures, ...gpus.latest };
  };
}

function memoryFigures(): Figures {
  const total = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  const rss = process.memoryUsage.rss();
  const available = Math.min(freemem(), total);
  return {
    memory_percent: 100 * (1 - available / total),
    "proc.memory.rssMB": rss / MB,
    "proc.memory.percent": (100 * rss) / total,
    "proc.memory.availableMB": available / MB,
  };
}

/** Field 20 of `stat`, behind the name in brackets. */
function threads(): Figures {
  const stat = textOf("/proc/self/stat");
  const count = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[17]);
  return stat === "" ? {} : { "proc.cpu.threads": count };
}

function diskUsage(root: string): Figures {
  try {
    const { blocks, bfree, bsize } = statfsSync(root);
    return {
      [`disk.${root}.usageGB`]: ((blocks - bfree) * bsize) / GB,
      [`disk.${root}.usagePercent`]: blocks === 0 ? 0 : 100 * (1 - bfree / blocks),
    };
  } catch {
    return {};
  }
}

/** MB that were read from and written to each disk, its partitions together. */
function diskCounters(): Figures {
  const figures: Record<string, number> = {};
  for (const line of textOf("/proc/diskstats").split("\n")) {
    const [, , name = "", , , read, , , , written] = line.trim().split(/\s+/);
    if (!/^([shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(name)) continue;
    figures[`disk.${name}.in`] = (Number(read) * SECTOR_BYTES) / MB;
    figures[`disk.${name}.out`] = (Number(written) * SECTOR_BYTES) / MB;
  }
  return figures;
}

/** Bytes over all interfaces but the machine's own, and segments that TCP had to send again. */
function networkCounters(): Figures {
  const interfaces = textOf("/proc/net/dev")
    .split("\n")
    .map((line) => line.trim().split(/[:\s]+/))
    .filter(([name, received]) => name !== "lo" && /^\d+$/.test(received ?? ""));
  if (interfaces.length === 0) return {};
  const sum = (field: number): number => interfaces.reduce((total, fields) => total + Number(fields[field]), 0);
  return { "network.recv": sum(1), "network.sent": sum(9), ...tcpCounters() };
}

function tcpCounters(): Figures {
  const [names, values] = textOf("/proc/net/snmp")
    .split("\n")
    .filter((line) => line.startsWith("Tcp:"))
    .map((line) => line.split(" "));
  const at = names?.indexOf("RetransSegs") ?? -1;
  return at < 0 || values === undefined ? {} : { "network.tcpRetransmits": Number(values[at]) };
}

/** Of a file of Linux; empty elsewhere. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The content of a file, or undefined. */
export type ReadText = (path: string) => string | undefined;

const mount = "/sys/fs/cgroup";

/** The processor time that the kernel grants to this container or service, in cores; infinite without a limit. Linux only. */
export function cgroupQuotaCores(read: ReadText): number {
  let cores = Infinity;
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const folder of foldersUpwards(path)) {
      if (controllers === "") cores = Math.min(cores, unifiedCores(read(`${mount}${folder}/cpu.max`)));
      else if (controllers.split(",").includes("cpu"))
        for (const base of [`${mount}/cpu`, `${mount}/cpu,cpuacct`]) cores = Math.min(cores, legacyCores(read, `${base}${folder}`));
    }
  }
  return cores;
}

/** `/a/b` is limited by itself, by `/a` and by the root, which is what a container sees of its own group. */
function foldersUpwards(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, index) =>
    parts
      .slice(0, parts.length - index)
      .map((part) => `/${part}`)
      .join(""),
  );
}

/** `150000 100000`: microseconds of each period; `max 100000` is no limit. */
function unifiedCores(text: string | undefined): number {
  const [quota, period] = (text ?? "").trim().split(" ").map(Number);
  return coresOf(quota, period);
}

function legacyCores(read: ReadText, folder: string): number {
  return coresOf(Number(read(`${folder}/cpu.cfs_quota_us`)), Number(read(`${folder}/cpu.cfs_period_us`)));
}

function coresOf(quota: number | undefined, period: number | undefined): number {
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : Infinity;
}

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { isMainThread } from "node:worker_threads";
import { SnapfitError } from "@snapfit/base";
import { addon, type AddonBasics, loadedAddon } from "./addon.js";
import { cgroupQuotaCores } from "./cgroup-quota.js";

/** How many threads the kernels use, and why so many. */
export interface ThreadChoice {
  readonly count: number;
  /** `SNAPFIT_THREADS`, `8 cores / 2 local ranks`, … */
  readonly source: string;
}

/** What the choice depends on. */
export interface ThreadFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Cores that the process may run on. */
  readonly cores: number;
  /** Processor time that it may use, in cores. */
  readonly quotaCores: number;
  readonly isWorker: boolean;
}

/** Names under which launchers tell how many processes share this machine. */
const localRanks = ["LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "MV2_COMM_WORLD_LOCAL_SIZE"];

/** The number of threads before anyone calls {@link setThreads}. */
export function defaultThreads({ env, cores, quotaCores, isWorker }: ThreadFacts): ThreadChoice {
  if (isWorker) return { count: 1, source: "1 in a worker thread" };
  for (const name of ["SNAPFIT_THREADS", "OMP_NUM_THREADS"]) {
    // OpenMP allows a list, for nested regions.
    const count = Number.parseInt(env[name] ?? "", 10);
    if (count >= 1) return { count, source: name };
  }
  const isLimited = quotaCores < cores;
  const usable = Math.max(1, Math.floor(Math.min(cores, quotaCores)));
  const what = isLimited ? `a cgroup quota of ${+quotaCores.toFixed(2)} cores` : `${cores} core${cores === 1 ? "" : "s"}`;
  const ranks = Math.max(1, ...localRanks.map((name) => Number.parseInt(env[name] ?? "", 10) || 1));
  return ranks === 1
    ? { count: usable, source: what }
    : { count: Math.max(1, Math.floor(usable / ranks)), source: `${what} / ${ranks} local ranks` };
}

let choice: ThreadChoice | undefined;

/** The threads of this JavaScript thread's kernels. */
export function threadChoice(): ThreadChoice {
  choice ??= defaultThreads({
    env: process.env,
    cores: availableParallelism(),
    quotaCores: cgroupQuotaCores(readText),
    isWorker: !isMainThread,
  });
  return choice;
}

/**
 * Sets how many threads the kernels called from this JavaScript thread use. Without it: `SNAPFIT_THREADS`, `OMP_NUM_THREADS`, or the cores that the
 * process may use, divided by the ranks on this machine; 1 in a worker thread. Sums may round differently with another number.
 * @param count a whole number from 1
 * @throws SnapfitError `THREADS_INVALID`
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new SnapfitError("THREADS_INVALID", `setThreads() got ${count}. It takes a whole number from 1.`);
  applyThreads({ count, source: "setThreads()" });
}

/** Hands the choice to the addon, where there is one. */
export function applyThreads(chosen: ThreadChoice): void {
  choice = chosen;
  if ("functions" in loadedAddon) addon<AddonBasics>().setThreads(chosen.count);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

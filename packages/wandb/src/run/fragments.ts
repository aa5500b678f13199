import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The part of a run's log that one process has written: a folder as the official client makes it. */
export interface Fragment {
  readonly path: string;
  readonly runId: string;
  /** The `.wandb` file. */
  readonly logPath: string;
  /** Base of the paths of files that the log names. */
  readonly filesPath: string;
}

/** The fragments in a folder `wandb`, in the order in which they were written. */
export function listFragments(folder: string): Fragment[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /^(offline-)?run-\d{8}_\d{6}-[\w-]+$/.test(name));
  return names.sort((a, b) => timeOf(a).localeCompare(timeOf(b), "en")).map((name) => fragmentAt(folder, name));
}

/** Makes the folder of the next fragment, whose name says a time after those of all others. */
export function makeFragment(folder: string, runId: string, nowMs: number): Fragment {
  const last = listFragments(folder).at(-1);
  const taken = last === undefined ? "" : timeOf(last.path);
  let timeMs = nowMs;
  while (stampOf(timeMs) <= taken) timeMs += 1000;
  const fragment = fragmentAt(folder, `offline-run-${stampOf(timeMs)}-${runId}`);
  mkdirSync(fragment.filesPath, { recursive: true });
  return fragment;
}

function fragmentAt(folder: string, name: string): Fragment {
  const path = join(folder, name);
  const runId = /\d{8}_\d{6}-(.*)$/.exec(name)![1]!;
  return { path, runId, logPath: join(path, `run-${runId}.wandb`), filesPath: join(path, "files") };
}

function timeOf(path: string): string {
  return /(\d{8}_\d{6})-[\w-]+$/.exec(path)![1]!;
}

/** `20261121_154537`, local time, as the official client has it. */
function stampOf(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

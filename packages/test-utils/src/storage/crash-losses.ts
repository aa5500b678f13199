import type { RandomStream } from "@snapfit/base";
import type { CrashMoment } from "./crash-moments.js";
import { ROOT, type DiskLog, type EntryOperation, type NodeNumber } from "./disk-log.js";
import type { FileImage } from "./file-images.js";

/** One thing that a power loss may do: which names are kept, and what the files hold that can still be found. */
export interface Loss {
  readonly moment: CrashMoment;
  readonly kept: ReadonlySet<EntryOperation>;
  readonly folders: readonly string[];
  /** By path. */
  readonly files: ReadonlyMap<string, FileImage>;
}

/** Decides what is lost: whether the next name is kept, and which of a file's images is there. */
export interface Fate {
  keepsName(): boolean;
  image(images: readonly FileImage[]): FileImage;
}

export const NOTHING_LOST: Fate = { keepsName: () => true, image: (images) => images.at(-1)! };
export const ALL_LOST: Fate = { keepsName: () => false, image: (images) => images[0]! };

/** Between losing nearly nothing and nearly all: each has its chance. */
export function randomFate(random: RandomStream): Fate {
  const kept = random.uniform();
  const keepsName = (): boolean => random.uniform() < kept;
  return { keepsName, image: (images) => (keepsName() ? images.at(-1)! : images[random.integer(images.length)]!) };
}

export function lossOf(log: DiskLog, moment: CrashMoment, fate: Fate): Loss {
  const kept = new Set(moment.durable);
  for (const operation of pendingOf(moment)) {
    if (operation.needs.every((needed) => kept.has(needed)) && fate.keepsName()) kept.add(operation);
  }
  const { folders, files } = treeOf(log, moment, kept);
  return { moment, kept, folders, files: new Map([...files].map(([path, node]) => [path, fate.image(moment.images.get(node)!)])) };
}

/** All losses at some moments; undefined if there are more than `maxLosses`. */
export function allLosses(log: DiskLog, moments: readonly CrashMoment[], maxLosses: number): Loss[] | undefined {
  const losses: (() => Generator<Loss>)[] = [];
  let numLosses = 0;
  for (const moment of moments) {
    for (const kept of everyKept(pendingOf(moment), moment.durable)) {
      const { folders, files } = treeOf(log, moment, kept);
      const choices = [...files].map(([path, node]) => moment.images.get(node)!.map((image) => [path, image] as const));
      numLosses += choices.reduce((product, images) => product * images.length, 1);
      if (numLosses > maxLosses) return undefined;
      losses.push(function* () {
        for (const images of everyChoice(choices)) yield { moment, kept, folders, files: new Map(images) };
      });
    }
  }
  return losses.flatMap((some) => [...some()]);
}

/** So many losses there are at a moment, at most. */
export function boundOfLosses(moment: CrashMoment): number {
  return [...moment.images.values()].reduce((product, images) => product * images.length, 2 ** pendingOf(moment).length);
}

function pendingOf({ entries, durable }: CrashMoment): EntryOperation[] {
  return entries.filter((operation) => !durable.has(operation));
}

function* everyKept(pending: readonly EntryOperation[], kept: ReadonlySet<EntryOperation>): Generator<ReadonlySet<EntryOperation>> {
  const [next, ...others] = pending;
  if (next === undefined) return yield kept;
  if (next.needs.every((needed) => kept.has(needed))) yield* everyKept(others, new Set([...kept, next]));
  yield* everyKept(others, kept);
}

function* everyChoice<T>([first, ...others]: readonly (readonly T[])[]): Generator<readonly T[]> {
  if (first === undefined) return yield [];
  for (const choice of first.toReversed()) for (const rest of everyChoice(others)) yield [choice, ...rest];
}

/** What can be found from the root, by path. */
function treeOf(
  log: DiskLog,
  { entries }: CrashMoment,
  kept: ReadonlySet<EntryOperation>,
): { folders: string[]; files: Map<string, NodeNumber> } {
  const names = new Map<NodeNumber, Map<string, NodeNumber>>();
  for (const { changes } of entries.filter((operation) => kept.has(operation))) {
    for (const { folder, name, node } of changes) {
      const inside = names.get(folder) ?? new Map<string, NodeNumber>();
      names.set(folder, inside);
      if (node === undefined) inside.delete(name);
      else inside.set(name, node);
    }
  }
  const folders: string[] = [];
  const files = new Map<string, NodeNumber>();
  const walk = (folder: NodeNumber, prefix: string): void => {
    for (const [name, node] of names.get(folder) ?? []) {
      if (!log.isFolder(node)) files.set(prefix + name, node);
      else {
        folders.push(prefix + name);
        walk(node, `${prefix}${name}/`);
      }
    }
  };
  walk(ROOT, "");
  return { folders, files };
}

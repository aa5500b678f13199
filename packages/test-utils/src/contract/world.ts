import { MemoryStorage, type Storage } from "@snapfit/base";
import type { Logger } from "@snapfit/core";
import type { ContractWorld } from "./settings.js";

/** One rank's outside world: what happens to it is written down. */
export class RecordedWorld implements ContractWorld {
  readonly rank: number;
  readonly storage: Storage;
  /** Files changed and effects noted, in the words of a message. */
  readonly effects: string[] = [];
  /** Lines for people that went through the trainer's logger. */
  readonly lines: string[] = [];
  readonly logger: Logger;
  /** Called with each effect and line. */
  onEffect: (effect: string) => void = () => undefined;

  constructor(rank: number, disk: Storage) {
    this.rank = rank;
    this.storage = recordedStorage(disk, (effect) => this.note(effect));
    const line = (text: string): void => {
      this.lines.push(text);
      this.onEffect(`printed "${text}"`);
    };
    this.logger = { debug: line, info: line, warning: line, error: line };
  }

  note(effect: string): void {
    this.effects.push(effect);
    this.onEffect(effect);
  }
}

function recordedStorage(disk: Storage, note: (effect: string) => void): Storage {
  return {
    read: (path, range) => disk.read(path, range),
    list: (folder) => disk.list(folder),
    stat: (path) => disk.stat(path),
    sync: (path) => disk.sync(path),
    write(path, bytes, options) {
      note(`wrote ${path}`);
      return disk.write(path, bytes, options);
    },
    append(path, bytes) {
      note(`appended to ${path}`);
      return disk.append(path, bytes);
    },
    rename(from, to) {
      note(`renamed ${from} to ${to}`);
      return disk.rename(from, to);
    },
    remove(path) {
      note(`removed ${path}`);
      return disk.remove(path);
    },
  };
}

/** A disk with the same files. */
export async function copyOfDisk(disk: Storage, folder = "", copy: Storage = new MemoryStorage()): Promise<Storage> {
  for (const { name, kind } of await disk.list(folder)) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (kind === "folder") await copyOfDisk(disk, path, copy);
    else await copy.write(path, await disk.read(path));
  }
  return copy;
}

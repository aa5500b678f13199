import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { listFragments, type Fragment } from "./fragments.js";
import type { MediaFile } from "./media.js";

/** The files of a run, in the folder `files` of each fragment. Paths are relative to it. */
export class RunFiles {
  readonly #folder: string;

  /** @param folder `wandb` */
  constructor(folder: string) {
    this.#folder = folder;
  }

  write({ filesPath }: Fragment, { path, bytes }: MediaFile): void {
    writeFileSync(readyPath(filesPath, path), bytes);
  }

  /** Copies a file of the user's. @param name with slashes for folders; without an ending it gets that of the source @returns its path */
  copy({ filesPath }: Fragment, name: string, source: string): string {
    const parts = name.split(/[\\/]/).filter((part) => !["", ".", ".."].includes(part));
    const path = parts.join("/") + (extname(name) === "" ? extname(source) : "");
    copyFileSync(source, readyPath(filesPath, path));
    return path;
  }

  /** A row of a restored state may tell of files that an earlier process has written. */
  bring({ filesPath }: Fragment, path: string): void {
    if (existsSync(join(filesPath, path))) return;
    const source = listFragments(this.#folder).find((fragment) => existsSync(join(fragment.filesPath, path)));
    if (source !== undefined) copyFileSync(join(source.filesPath, path), readyPath(filesPath, path));
  }

  remove({ filesPath }: Fragment, path: string): void {
    rmSync(join(filesPath, path), { force: true });
  }
}

function readyPath(filesPath: string, path: string): string {
  const target = join(filesPath, path);
  mkdirSync(dirname(target), { recursive: true });
  return target;
}

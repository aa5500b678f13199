import { diskError } from "@snapfit/base/node";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Puts a file in the place of another one: who reads finds the old one or the new one. @throws SnapfitError with a code of storages */
export function replaceFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    throw diskError("replace", to, cause);
  }
}

/** Writes a tree of plain data as JSON, in place of what was there. @throws SnapfitError with a code of storages */
export function writeJson(path: string, tree: unknown): void {
  const temporary = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, `${JSON.stringify(tree, undefined, 2)}\n`);
  } catch (cause) {
    throw diskError("write", temporary, cause);
  }
  replaceFile(temporary, path);
}

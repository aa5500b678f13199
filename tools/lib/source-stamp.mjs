import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * A short text that changes when a file is added, removed, renamed, touched or resized. Reads no file, so it takes milliseconds.
 * @param {string} folder base of the paths
 * @param {readonly string[]} paths files and folders below it; what does not exist is left out
 */
export function sourceStamp(folder, paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap((name) => filesBelow(join(folder, name))).sort()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(folder, path)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 32);
}

/** @param {string} path @returns {string[]} */
function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)));
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";

/**
 * @typedef {{ name: string, version: string, private?: boolean, exports?: Record<string, { default: string }>,
 *   dependencies?: Record<string, string>, peerDependencies?: Record<string, string>, scripts?: Record<string, string> }} Manifest
 * @typedef {{ folder: string, manifest: Manifest }} WorkspacePackage `folder` is relative to the root, such as `packages/core`
 */

/** @returns {WorkspacePackage[]} every package and example, by folder name. */
export function workspacePackages() {
  return ["packages", "examples"].flatMap((group) => {
    if (!existsSync(join(root, group))) return [];
    const folders = readdirSync(join(root, group)).map((name) => `${group}/${name}`);
    return folders
      .filter((folder) => existsSync(join(root, folder, "package.json")))
      .map((folder) => ({ folder, manifest: readManifest(folder) }));
  });
}

/** @returns {WorkspacePackage[]} what is published to npm. */
export const publishedPackages = () => workspacePackages().filter(({ manifest }) => manifest.private !== true);

/** @param {string} folder @returns {Manifest} */
const readManifest = (folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));

/** The files that building a package or example makes, relative to its folder. @param {Manifest} manifest @returns {string[]} */
export function outputsOf(manifest) {
  if (manifest.scripts?.["build"] === undefined) return [];
  return manifest.exports === undefined ? ["dist/main.js"] : entriesOf(manifest).map(({ file }) => file);
}

/** The modules of a package but the programs of its threads, which export nothing. @param {Manifest} manifest */
export function importableEntriesOf(manifest) {
  return entriesOf(manifest).filter(({ specifier }) => !specifier.endsWith("-worker"));
}

/** The modules that a package lets others import. @param {Manifest} manifest @returns {{ specifier: string, file: string }[]} */
function entriesOf({ name, exports = {} }) {
  return Object.entries(exports).map(([path, target]) => ({ specifier: name + path.slice(1), file: target.default.slice(2) }));
}

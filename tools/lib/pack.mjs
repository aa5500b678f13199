import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";
import { runNpm } from "./run-command.mjs";
import { publishedPackages } from "./workspace.mjs";

/**
 * @typedef {{ name: string, version: string, file: string, sizeBytes: number, numFiles: number }} Tarball
 */

/**
 * Packs every published package as npm would publish it.
 * @param {string} folder emptied first
 * @returns {Promise<Tarball[]>}
 */
export async function packAll(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  placeLicenses();
  const packages = publishedPackages();
  const args = [
    "pack",
    "--json",
    "--loglevel=error",
    "--pack-destination",
    folder,
    ...packages.map((each) => `--workspace=${each.folder}`),
  ];
  const { code, output } = await runNpm(args);
  if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
  const results = JSON.parse(output.slice(output.search(/^[[{]/m)));
  return Object.values(results).map(({ name, version, filename, size, entryCount }) => {
    return { name, version, file: join(folder, filename), sizeBytes: size, numFiles: entryCount };
  });
}

/** The licence asks to go with every copy; it stands once in git, at the root. */
function placeLicenses() {
  for (const { folder } of publishedPackages()) copyFileSync(join(root, "LICENSE"), join(root, folder, "LICENSE"));
}

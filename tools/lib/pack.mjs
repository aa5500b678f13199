import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { platformPackage, writePlatformPackage } from "./platform-package.mjs";
import { root } from "./root.mjs";
import { runNpm } from "./run-command.mjs";
import { publishedPackages } from "./workspace.mjs";

/**
 * @typedef {{ name: string, version: string, file: string, sizeBytes: number, numFiles: number }} Tarball
 * @typedef {{ tarballs: Tarball[], platform: Tarball | undefined, problem: string | undefined }} Packed `platform` is the native engine for this
 *   machine's platform, also among `tarballs`; `problem` says why it is not there
 */

/**
 * Packs every published package as npm would publish it, and the native engine for this platform.
 * @param {string} folder emptied first
 * @returns {Promise<Packed>}
 */
export async function packAll(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  placeLicenses();
  const packages = publishedPackages();
  const native = packages.find(({ manifest }) => manifest.name === "@snapfit/native");
  const others = packages.filter((each) => each !== native);
  const tarballs = await pack(
    folder,
    others.map((each) => `--workspace=${each.folder}`),
  );
  if (native === undefined) return { tarballs, platform: undefined, problem: undefined };
  const staged = join(folder, "staged");
  const problem = await writePlatformPackage(join(staged, "platform"), native.manifest.version);
  const [platform] = problem === undefined ? await pack(folder, [join(staged, "platform")]) : [];
  stageNative(native.folder, join(staged, "native"), platform !== undefined);
  tarballs.push(...(await pack(folder, [join(staged, "native")])), ...(platform === undefined ? [] : [platform]));
  rmSync(staged, { recursive: true });
  return { tarballs, platform, problem };
}

/** @param {string} folder @param {string[]} what @returns {Promise<Tarball[]>} */
async function pack(folder, what) {
  const { code, output } = await runNpm(["pack", "--json", "--loglevel=error", "--pack-destination", folder, ...what]);
  if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
  const results = JSON.parse(output.slice(output.search(/^[[{]/m)));
  return Object.values(results).map(({ name, version, filename, size, entryCount }) => {
    return { name, version, file: join(folder, filename), sizeBytes: size, numFiles: entryCount };
  });
}

/**
 * A copy of @snapfit/native whose manifest names the package for the platform. The repository's own cannot: npm would look for it in the
 * registry, where it comes only with the release.
 * @param {string} source @param {string} target @param {boolean} hasPlatform
 */
function stageNative(source, target, hasPlatform) {
  const manifest = JSON.parse(readFileSync(join(root, source, "package.json"), "utf8"));
  mkdirSync(target, { recursive: true });
  for (const name of ["dist", "src", "README.md", "LICENSE", "CHANGELOG.md"]) {
    if (existsSync(join(root, source, name))) cpSync(join(root, source, name), join(target, name), { recursive: true });
  }
  if (hasPlatform) manifest.optionalDependencies = { ...manifest.optionalDependencies, [platformPackage]: manifest.version };
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The licence asks to go with every copy; it stands once in git, at the root. */
function placeLicenses() {
  for (const { folder } of publishedPackages()) copyFileSync(join(root, "LICENSE"), join(root, folder, "LICENSE"));
}

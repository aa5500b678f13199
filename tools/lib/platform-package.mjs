import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { glibcBeyond, readElf } from "./elf.mjs";
import { portableGomp } from "./gomp.mjs";
import { buildNative, nativeBuildFolder, variantsOf } from "./native-engine.mjs";
import { onednnFolder } from "./onednn.mjs";
import { root } from "./root.mjs";
import { runCommand } from "./run-command.mjs";

/** Debian 10, RHEL 8 and all that is newer. */
const oldestGlibc = /** @type {const} */ ([2, 28]);

/** What a system with Node.js has. Everything else comes along. */
const systemLibraries = /^(lib(c|m|dl|pthread|gcc_s|stdc\+\+|rt)\.so\.\d|ld-linux-)/;

const platform = `${process.platform}-${process.arch}`;

/** The package that carries the addon's builds for this machine's platform, with the libraries that they need. */
export const platformPackage = `@snapfit/native-${platform}`;

/**
 * Writes the package for this platform into a folder: it needs no compiler, no install script and no library of the system beyond glibc 2.28.
 * Tested on linux-x64 only; for linux-arm64, run the same on such a machine with oneDNN compiled from source and libgomp beside it.
 * @param {string} folder
 * @param {string} version
 * @returns {Promise<string | undefined>} what is in the way
 */
export async function writePlatformPackage(folder, version) {
  const variants = variantsOf[/** @type {keyof typeof variantsOf} */ (process.arch)];
  if (process.platform !== "linux" || variants === undefined) return `there is no recipe for ${platform}`;
  for (const variant of variants) {
    const problem = await buildNative({ variant });
    if (problem !== undefined) return problem.text;
  }
  const gomp = await portableGomp();
  if ("problem" in gomp) return gomp.problem;
  mkdirSync(folder, { recursive: true });
  const addons = variants.map((variant) => `snapfit-${variant}.node`);
  for (const addon of addons) copyFileSync(join(nativeBuildFolder, addon), join(folder, addon));
  const dnnl = join(folder, "libdnnl.so.3");
  const stripped = await runCommand("strip", ["--strip-unneeded", "-o", dnnl, join(nativeBuildFolder, "libdnnl.so.3")]);
  if (stripped.code !== 0) return `strip fails: ${stripped.output.trim()}`;
  writeFileSync(join(folder, "libgomp.so.1"), gomp.library);
  for (const name of [...addons, "libdnnl.so.3", "libgomp.so.1"]) chmodSync(join(folder, name), 0o755);
  const complaints = [...addons, "libdnnl.so.3", "libgomp.so.1"].flatMap((name) => complaintsAbout(folder, name));
  if (complaints.length > 0) throw new Error(`The package for ${platform} would not run everywhere:\n${complaints.join("\n")}`);
  const documents = join(onednnFolder, "share/doc/onednn");
  if (!existsSync(documents)) return "oneDNN's licence is not beside the library";
  copyFileSync(join(documents, "LICENSE"), join(folder, "LICENSE-oneDNN"));
  copyFileSync(join(documents, "THIRD-PARTY-PROGRAMS"), join(folder, "THIRD-PARTY-PROGRAMS-oneDNN"));
  writeFileSync(join(folder, "LICENSE-libgomp"), gomp.licence);
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(
    join(folder, "README.md"),
    `The native engine of [Snapfit](https://www.npmjs.com/package/@snapfit/native) for ${platform}. Install \`@snapfit/native\`, which chooses it.\n`,
  );
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(version), undefined, 2)}\n`);
  return undefined;
}

/** @param {string} folder @param {string} name */
function complaintsAbout(folder, name) {
  const { needed, versions, runPath } = readElf(join(folder, name));
  const tooNew = glibcBeyond(versions, oldestGlibc).map((version) => `${name} asks for ${version}`);
  const absent = needed.filter((library) => !systemLibraries.test(library) && !existsSync(join(folder, library)));
  const isLost = name.endsWith(".node") && runPath !== "$ORIGIN";
  return [...tooNew, ...absent.map((library) => `${name} asks for ${library}`), ...(isLost ? [`${name} does not look beside itself`] : [])];
}

/** @param {string} version */
function manifest(version) {
  const { engines, publishConfig, repository } = JSON.parse(readFileSync(join(root, "packages/native/package.json"), "utf8"));
  return {
    name: platformPackage,
    version,
    description: `The native engine of @snapfit/native for ${platform}.`,
    license: "MIT AND Apache-2.0 AND (GPL-3.0-or-later WITH GCC-exception-3.1)",
    ...(repository && { repository }),
    os: [process.platform],
    cpu: [process.arch],
    libc: ["glibc"],
    preferUnplugged: true,
    publishConfig,
    engines,
  };
}

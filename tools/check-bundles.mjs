// Bundles every entry that browsers may import, as an application would, and fails where a `node:` module gets in or core grows too big.
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./lib/root.mjs";
import { importableEntriesOf, publishedPackages } from "./lib/workspace.mjs";

/** Sizes are gzipped and leave TensorFlow.js out. */
const limitsBytes = new Map([["@snapfit/core", 20_000]]);

/** Packages that never run in a browser. Of the others only the sub-path `/node` does not. */
const nodeOnly = new Set([
  "@snapfit/file-logger",
  "@snapfit/native",
  "@snapfit/neptune",
  "@snapfit/state-manager",
  "@snapfit/tensorboard",
  "@snapfit/test-utils",
  "@snapfit/wandb",
]);

let isOk = true;
for (const { folder, manifest } of publishedPackages()) {
  if (nodeOnly.has(manifest.name)) continue;
  for (const { specifier, file } of importableEntriesOf(manifest)) {
    if (specifier.endsWith("/node")) continue;
    isOk = (await checkEntry(specifier, join(root, folder, file))) && isOk;
  }
}
process.exitCode = isOk ? 0 : 1;

/** @param {string} specifier @param {string} file */
async function checkEntry(specifier, file) {
  const result = await bundle(file).catch((error) => /** @type {Error} */ (error));
  if (result instanceof Error) {
    console.error(`${specifier}: ${result.message}`);
    return false;
  }
  const sizes = new Map(
    result.outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf("/out/") + 1), gzipSync(contents).length]),
  );
  const first = sum(loadedFirst(result.metafile.outputs, file), sizes);
  const all = sum([...sizes.keys()], sizes);
  const limit = limitsBytes.get(specifier);
  const isTooBig = limit !== undefined && first > limit;
  const later = all > first ? `, ${kB(all - first)} more on demand` : "";
  console.log(`${specifier.padEnd(28)}${kB(first).padStart(9)}${later}${limit === undefined ? "" : ` (at most ${kB(limit)})`}`);
  if (isTooBig) {
    console.error(`${specifier} is too big. Its largest parts:`);
    for (const { path, bytes } of largestParts(result.metafile.outputs)) console.error(`  ${kB(bytes).padStart(9)} minified  ${path}`);
  }
  return !isTooBig;
}

/** @param {string} file */
function bundle(file) {
  return build({
    entryPoints: [file],
    absWorkingDir: root,
    outdir: "out",
    external: ["@tensorflow/*"],
    platform: "browser",
    format: "esm",
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    logLevel: "silent",
  });
}

/**
 * The entry's file and what it imports statically. What is imported on demand has an entry point of its own.
 * @param {Record<string, import("esbuild").Metafile["outputs"][string]>} outputs
 * @param {string} file
 */
function loadedFirst(outputs, file) {
  const found = new Set();
  /** @param {string} path */
  const visit = (path) => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? []) if (kind === "import-statement" && !external) visit(next);
  };
  const [entry] =
    Object.entries(outputs).find(([, { entryPoint }]) => entryPoint !== undefined && resolve(root, entryPoint) === file) ?? [];
  if (entry === undefined) throw new Error(`esbuild names no output for ${file}.`);
  visit(entry);
  return [...found];
}

/** @param {Record<string, import("esbuild").Metafile["outputs"][string]>} outputs */
function largestParts(outputs) {
  const parts = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return parts
    .map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 12);
}

/** @param {string[]} paths @param {Map<string, number>} sizes */
function sum(paths, sizes) {
  return paths.reduce((total, path) => total + (sizes.get(path) ?? 0), 0);
}

/** @param {number} bytes */
function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

// Compiles and runs the code in the documents: every ```ts block of README.md, packages/*/README.md, examples/*/README.md and docs/,
// and every @example in the sources, where the package's own exports and `tf` need no import; and checks that relative links lead somewhere. lib/doc-blocks.mjs says how a block is marked.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { exampleBlocks, markdownBlocks } from "./lib/doc-blocks.mjs";
import { headingAnchors, relativeLinks } from "./lib/doc-links.mjs";
import { impliedImports } from "./lib/example-imports.mjs";
import { inParallel } from "./lib/in-parallel.mjs";
import { root, scratch } from "./lib/root.mjs";
import { runCommand, runTool } from "./lib/run-command.mjs";
import { importableEntriesOf, publishedPackages } from "./lib/workspace.mjs";

const TIMEOUT_MS = 60_000;

const documents = filesBelow(["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "packages", "examples"], ".md");
const sources = filesBelow(["packages"], ".ts").filter((path) => path.includes("/src/"));
/** @type {string[]} */
const problems = [];

for (const file of documents) checkLinks(file);
const blocks = [
  ...documents.flatMap((file) => blocksIn(file, markdownBlocks)),
  ...sources.flatMap((file) => blocksIn(file, exampleBlocks)),
];
const unchecked = blocks.filter(({ use }) => use === "no-check");
const exportsOf = await packageExports();
const programs = programsOf(blocks).filter(({ use }) => use !== "no-check");
if (programs.length > 0) {
  await checkTypes();
  await inParallel(
    programs.filter(({ use }) => use === "run"),
    availableParallelism(),
    run,
  );
}
for (const { file, line, reason } of unchecked) console.log(`not checked: ${file}:${line} (${reason})`);
for (const problem of problems) console.error(problem);
const numRun = programs.filter(({ use }) => use === "run").length;
console.log(
  `${programs.length} blocks compiled, ${numRun} of them run, ${unchecked.length} not checked; links of ${documents.length} documents`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** @param {string[]} paths @param {string} ending @returns {string[]} relative to the root */
function filesBelow(paths, ending) {
  return paths.flatMap((path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!existsSync(join(root, path)) || ["node_modules", "dist", "CHANGELOG.md"].includes(name)) return [];
    if (!statSync(join(root, path)).isDirectory()) return path.endsWith(ending) ? [path] : [];
    return filesBelow(
      readdirSync(join(root, path)).map((each) => `${path}/${each}`),
      ending,
    );
  });
}

/** @param {string} file @param {typeof markdownBlocks} extract */
function blocksIn(file, extract) {
  try {
    return extract(file, readFileSync(join(root, file), "utf8"));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return [];
  }
}

/** @param {string} file */
function checkLinks(file) {
  for (const { target, line } of relativeLinks(readFileSync(join(root, file), "utf8"))) {
    const [path = "", anchor] = target.split("#");
    const full = path === "" ? join(root, file) : resolve(root, dirname(file), decodeURI(path));
    if (!existsSync(full)) problems.push(`${file}:${line}: the link ${target} leads nowhere.`);
    else if (anchor && full.endsWith(".md") && !headingAnchors(readFileSync(full, "utf8")).has(anchor)) {
      problems.push(`${file}:${line}: ${path || file} has no heading #${anchor}.`);
    }
  }
}

/**
 * One file of code for each block. Its lines keep their numbers, so that an error names the place in the document.
 * @param {import("./lib/doc-blocks.mjs").DocBlock[]} all
 */
function programsOf(all) {
  let before = { file: "", text: "" };
  return all.map(({ file, line, use, code, continues }) => {
    if (continues && before.file !== file) problems.push(`${file}:${line}: there is no block to continue.`);
    const folder = /^(packages\/[^/]+)\/src\//.exec(file)?.[1];
    const head = continues ? before.text : folder === undefined ? "" : impliedImports(code, exportsOf.get(folder) ?? new Map());
    const text = head + "\n".repeat(Math.max(0, line - head.split("\n").length)) + code + "\n";
    before = { file, text };
    return { file, line, use, text, path: join(scratch, "docs", `${file.replaceAll("/", "+").replace(/\.\w+$/, "")}+${line}.ts`) };
  });
}

/** What each package exports, by its folder and by specifier. */
async function packageExports() {
  /** @type {Map<string, Map<string, string[]>>} */
  const found = new Map();
  for (const { folder, manifest } of publishedPackages()) {
    const names = new Map();
    for (const { specifier, file } of importableEntriesOf(manifest)) {
      names.set(specifier, Object.keys(await import(pathToFileURL(join(root, folder, file)).href)));
    }
    found.set(folder, names);
  }
  return found;
}

/** @typedef {ReturnType<typeof programsOf>[number]} Program */

async function checkTypes() {
  const folder = join(scratch, "docs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const compilerOptions = { composite: false, declaration: false, declarationMap: false, emitDeclarationOnly: false, noEmit: true };
  const relaxed = { noUnusedLocals: false, noUnusedParameters: false, moduleDetection: "force" };
  const config = { extends: "../../tsconfig.base.json", compilerOptions: { ...compilerOptions, ...relaxed }, include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  for (const { path, text } of programs) writeFileSync(path, text);
  const { code, output } = await runTool("typescript:tsc", ["-p", folder, "--pretty", "false"]);
  if (code === 0) return;
  const fileOf = new Map(programs.map(({ path, file }) => [path.slice(path.lastIndexOf("/") + 1), file]));
  problems.push(output.replace(/^\S*\/([^/(]+)\((\d+),\d+\)/gm, (_, name, line) => `${fileOf.get(name) ?? name}:${line}`).trimEnd());
}

/** @param {Program} program */
async function run({ file, line, path, text }) {
  const { code: javascript } = await transform(text, { loader: "ts", target: "es2022", format: "esm" });
  const script = path.replace(/\.ts$/, ".mjs");
  writeFileSync(script, javascript);
  const cwd = mkdtempSync(join(tmpdir(), "snapfit-docs-"));
  const { code, output } = await runCommand(process.execPath, [script], { cwd, timeoutMs: TIMEOUT_MS });
  rmSync(cwd, { recursive: true });
  if (code !== 0) problems.push(`${file}:${line}: the block ended with ${code}.\n${output.trimEnd()}`);
}

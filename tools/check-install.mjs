// Packs every published package, installs all tarballs beside TensorFlow.js into one empty project, type-checks a program there with
// TypeScript 6 and 7, and runs it; where the native engine is packed too, trains on it without a compiler or a library of the system in reach.
// Skipped where the npm registry cannot be reached.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { packAll } from "./lib/pack.mjs";
import { root } from "./lib/root.mjs";
import { runCommand, runNpm, runTool } from "./lib/run-command.mjs";
import { importableEntriesOf, publishedPackages } from "./lib/workspace.mjs";

const SKIPPED = 77;
const programs = ["train", "train-native"];
const project = mkdtempSync(join(tmpdir(), "snapfit-install-"));
try {
  process.exitCode = await main();
} finally {
  rmSync(project, { recursive: true, force: true });
}

async function main() {
  const { tarballs, platform, problem } = await packAll(join(project, "packed"));
  writeProject();
  const installed = await runNpm(["install", ...installArguments(tarballs.map(({ file }) => file))], { cwd: project });
  if (installed.code !== 0) {
    if (!(await canReachRegistry())) return report(SKIPPED, "The npm registry cannot be reached: nothing was installed.");
    return report(1, `npm install failed:\n${installed.output}`);
  }
  for (const compiler of ["typescript", "typescript7"]) {
    const { code, output } = await compile(compiler, []);
    if (code !== 0) return report(1, `${compiler}: the program does not compile beside the installed packages:\n${output}`);
    const complaints = await complaintsAboutOurs(compiler);
    if (complaints.length > 0) return report(1, `${compiler}: our declarations fail without skipLibCheck:\n${complaints.join("\n")}`);
  }
  for (const name of ["entries", "train", ...(platform === undefined ? [] : ["train-native"])]) {
    const { code, output } = await run(name);
    if (code !== 0) return report(1, `${name}.ts ended with ${code}:\n${output}`);
  }
  const native = platform === undefined ? `the native engine is not among them: ${problem}` : `trained on ${platform.name}`;
  return report(
    0,
    `${tarballs.length} packages installed; compiled with TypeScript 6 and 7 and run, ${specifiers().length} entries imported; ${native}`,
  );
}

/** Without a network npm fails in many ways, so one simple question decides. */
async function canReachRegistry() {
  const { code } = await runNpm(["view", "@tensorflow/tfjs", "version", "--prefer-online", "--fetch-retries=0"]);
  return code === 0;
}

/** @param {number} code @param {string} text */
function report(code, text) {
  console.log(text);
  return code;
}

function specifiers() {
  return publishedPackages().flatMap(({ manifest }) => importableEntriesOf(manifest).map(({ specifier }) => specifier));
}

function writeProject() {
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "newcomer", private: true, type: "module" }));
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
    types: ["node"],
    strict: true,
    noEmit: true,
  };
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["entries.ts", ...programs.map((name) => `${name}.ts`)] }),
  );
  const imports = specifiers().map((specifier, index) => `import * as entry${index} from ${JSON.stringify(specifier)};`);
  const checks = specifiers().map(
    (specifier, index) => `if (Object.keys(entry${index}).length === 0) throw new Error("${specifier} is empty");`,
  );
  writeFileSync(join(project, "entries.ts"), [...imports, ...checks].join("\n"));
  for (const name of programs) copyFileSync(join(root, `tools/install-test/${name}.ts`), join(project, `${name}.ts`));
}

/** What a user would name: our packages, TensorFlow.js, and types of Node. @param {string[]} tarballs */
function installArguments(tarballs) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const others = ["@tensorflow/tfjs", "@types/node"].map((name) => `${name}@${devDependencies[name]}`);
  return [...tarballs, ...others, "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
}

/** @param {string} compiler @param {string[]} args */
function compile(compiler, args) {
  return runTool(`${compiler}:tsc`, ["-p", project, "--skipLibCheck", "--pretty", "false", ...args]);
}

/** TensorFlow.js' own declarations do not pass `skipLibCheck: false`; ours do. @param {string} compiler */
async function complaintsAboutOurs(compiler) {
  const { output } = await compile(compiler, ["--skipLibCheck", "false"]);
  return output.split("\n").filter((line) => /^\S*node_modules\/@snapfit\//.test(line));
}

/** @param {string} name */
async function run(name) {
  const { code } = await transform(readFileSync(join(project, `${name}.ts`), "utf8"), { loader: "ts", target: "es2022", format: "esm" });
  writeFileSync(join(project, `${name}.js`), code);
  // Nothing of this machine but Node.js: no path to programs or libraries.
  return runCommand(process.execPath, [`${name}.js`], { cwd: project, env: {}, timeoutMs: 120_000 });
}

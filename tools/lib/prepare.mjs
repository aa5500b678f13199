import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { missingPackages } from "./installed.mjs";
import { buildNative } from "./native-engine.mjs";
import { root, scratch } from "./root.mjs";
import { runNpm, runTool } from "./run-command.mjs";
import { sourceStamp } from "./source-stamp.mjs";
import { outputsOf, workspacePackages } from "./workspace.mjs";

/**
 * Installs and builds what is missing or out of date, so that every command works on a fresh clone.
 * Ends the process with a message if that fails. Does nothing, in milliseconds, when nothing changed.
 */
export async function prepare() {
  requireNode();
  await install();
  await build();
  await buildEngine();
}

/** Where the engine cannot be built, one line says why and all else goes on without; a mistake in its sources stops CI. */
async function buildEngine() {
  const problem = await buildNative({ say: console.log });
  if (problem === undefined) return;
  const text = `The native engine is not built, slower ones are used: ${problem.text}`;
  if (!problem.isMissing && process.env["CI"]) fail(text);
  console.log(problem.isMissing ? `${text}.` : text);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Snapfit needs Node.js 20.19 or newer; this is ${process.version}. Install a current one from https://nodejs.org and run the command again.`,
  );
}

async function install() {
  const wanted = readLock("package-lock.json");
  const present = readLock("node_modules/.package-lock.json");
  if (missingPackages(wanted, present, { platform: process.platform, arch: process.arch }).length === 0) return;
  console.log("Installing dependencies (npm ci) ...");
  const { code, output } = await runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (code === 0) return;
  const hint = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EAI_AGAIN|ENOTCACHED|network request/i.test(output)
    ? "The npm registry cannot be reached. Check the connection (or the proxy: npm config get proxy) and run the command again."
    : /\bEUSAGE\b/.test(output)
      ? "package.json and package-lock.json disagree. Run `npm install`, then the command again."
      : "Run `npm ci` to see it alone.";
  fail(`${output.trimEnd()}\n\nInstalling the dependencies failed. ${hint}`);
}

/** @param {string} file @returns {import("./installed.mjs").LockEntries} */
function readLock(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

async function build() {
  const stampFile = join(scratch, "build-stamp");
  const stamp = buildStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp && isBuilt()) return;
  console.log("Building the packages ...");
  const failure = hasNx() ? await buildWithNx() : await buildInOrder();
  if (failure !== undefined) fail(`${failure.trimEnd()}\n\nBuilding the packages failed. \`npm run build\` shows it alone.`);
  mkdirSync(scratch, { recursive: true });
  writeFileSync(stampFile, stamp);
}

function buildStamp() {
  const inputs = workspacePackages().flatMap(({ folder }) =>
    ["src", "package.json", "tsconfig.json", "tsup.config.ts"].map((name) => `${folder}/${name}`),
  );
  return sourceStamp(root, [...inputs, "tsup.config.ts", "tsconfig.base.json", "package-lock.json"]);
}

/** Someone may have removed a `dist` folder by hand. */
function isBuilt() {
  return workspacePackages().every(({ folder, manifest }) => outputsOf(manifest).every((file) => existsSync(join(root, folder, file))));
}

/** Nx is a native program; where its binary is not among the installed packages, the packages are built without its cache. */
function hasNx() {
  const folder = join(root, "node_modules/@nx");
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith("nx-"));
}

async function buildWithNx() {
  const env = { ...process.env, NX_DAEMON: "false", NX_TUI: "false", NX_NO_CLOUD: "true", FORCE_COLOR: "0", NO_COLOR: "1" };
  const { code, output } = await runTool("nx", ["run-many", "-t", "build", "--outputStyle=static"], { env });
  return code === 0 ? undefined : output;
}

/** `tsc -b` finds the order by itself and tsup needs none: a package's bundle leaves other packages out. */
async function buildInOrder() {
  for (const { folder, manifest } of workspacePackages()) {
    if (manifest.scripts?.["build"] === undefined) continue;
    const { code, output } = await runTool("tsup", [], { cwd: join(root, folder) });
    if (code !== 0) return `${folder}:\n${output}`;
  }
  const { code, output } = await runTool("typescript:tsc", ["-b"]);
  return code === 0 ? undefined : output;
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { buildLibraryFromSource, hasReadyLibrary, onednnFolder, placeReadyLibrary } from "./onednn.mjs";
import { root, scratch } from "./root.mjs";
import { runCommand } from "./run-command.mjs";
import { sourceStamp } from "./source-stamp.mjs";

/** Value of `-march` for each build of the addon. */
const marches = { avx512: "x86-64-v4", avx2: "x86-64-v3", baseline: "x86-64-v2", neon: "armv8-a" };

/**
 * @typedef {keyof typeof marches} Variant
 * @typedef {{ isMissing: boolean, text: string }} Problem `isMissing`: a tool, the library or the platform is; otherwise the sources do not compile
 */

/** The builds for one kind of processor. @type {Record<string, Variant[]>} */
export const variantsOf = { x64: ["avx512", "avx2", "baseline"], arm64: ["neon"] };

/** The best build for this processor. @returns {Variant} */
function variantHere() {
  if (process.arch === "arm64") return "neon";
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const has = (/** @type {string} */ flag) => new RegExp(`\\b${flag}\\b`).test(flags);
  if (["avx512f", "avx512bw", "avx512dq", "avx512vl"].every(has)) return "avx512";
  return has("avx2") && has("fma") ? "avx2" : "baseline";
}

/** The folder that holds the addon after a build here. */
export const nativeBuildFolder = join(root, "packages/native/build", `${process.platform}-${process.arch}`);

/** The folder that holds the addon with sanitizers. */
export const sanitizedBuildFolder = join(root, "packages/native/build/sanitize");

/** Whether there is an addon for this platform, of whatever instructions. */
export function isNativeBuilt() {
  return existsSync(nativeBuildFolder) && readdirSync(nativeBuildFolder).some((name) => name.endsWith(".node"));
}

/**
 * Builds the addon of packages/native, and gets oneDNN before where it is not there. Takes milliseconds when nothing changed.
 * @param {{ variant?: Variant, sanitize?: boolean, fromSource?: boolean, say?: (line: string) => void }} [options] `sanitize`: with
 *   AddressSanitizer and UndefinedBehaviorSanitizer, in a folder of its own; `fromSource`: compile oneDNN too; `say` gets what takes long
 * @returns {Promise<Problem | undefined>}
 */
export async function buildNative({ variant = variantHere(), sanitize = false, fromSource = false, say = () => {} } = {}) {
  const folder = join(scratch, `native-${variant}${sanitize ? "-sanitize" : ""}`);
  const output = sanitize ? sanitizedBuildFolder : nativeBuildFolder;
  const stampFile = join(folder, "snapfit-stamp");
  const stamp = stampOf(variant);
  if (!fromSource && existsSync(join(output, `snapfit-${variant}.node`)) && existsSync(stampFile)) {
    if (readFileSync(stampFile, "utf8") === stamp) return undefined;
  }
  if (process.platform !== "linux") return missing(`it is made for Linux, and this is ${process.platform}`);
  const tools = await missingTools();
  if (tools.length > 0) return missing(`${tools.join(" and ")} ${tools.length === 1 ? "is" : "are"} missing`);
  if (fromSource) {
    say("Compiling oneDNN: about 13 minutes on 2 cores ...");
    const problem = await buildLibraryFromSource(availableParallelism());
    if (problem !== undefined) return missing(problem);
  }
  say("Building the native engine ...");
  mkdirSync(output, { recursive: true });
  let configured = await configure({ folder, output, variant, sanitize });
  if (configured.code !== 0 && lacksLibrary(configured.output)) {
    if (!hasReadyLibrary)
      return missing(
        `oneDNN 3 is not installed; \`node tools/build-native.mjs --from-source\` compiles it (about 13 minutes, untested here)`,
      );
    const problem = await placeReadyLibrary();
    if (problem !== undefined) return missing(problem);
    configured = await configure({ folder, output, variant, sanitize });
  }
  if (configured.code !== 0) return { isMissing: false, text: `CMake stops:\n${shortened(configured.output)}` };
  const built = await locked(folder, ["cmake", "--build", folder, `-j${availableParallelism()}`]);
  if (built.code !== 0) return { isMissing: false, text: `the sources of packages/native/cpp do not compile:\n${shortened(built.output)}` };
  writeFileSync(stampFile, stamp);
  return undefined;
}

/** @param {Variant} variant */
function stampOf(variant) {
  const tools = ["native-engine.mjs", "onednn.mjs", "python-wheel.mjs"].map((name) => `tools/lib/${name}`);
  return `${variant} ${sourceStamp(root, ["packages/native/cpp", ...tools, "node_modules/node-api-headers/package.json"])}`;
}

/** @param {string} reason @returns {Problem} */
const missing = (reason) => ({ isMissing: true, text: reason });

async function missingTools() {
  const tools = [
    { name: "CMake", commands: ["cmake"] },
    { name: "a C++ compiler", commands: [process.env["CXX"] ?? "c++", "g++"] },
    { name: "ninja or make", commands: ["ninja", "make"] },
  ];
  const found = await Promise.all(tools.map(async ({ commands }) => (await Promise.all(commands.map(isOnPath))).includes(true)));
  return tools.filter((_, index) => !found[index]).map(({ name }) => name);
}

/** @param {string} program */
const isOnPath = async (program) => (await runCommand(program, ["--version"])).code === 0;

/** @param {{ folder: string, output: string, variant: Variant, sanitize: boolean }} options */
async function configure({ folder, output, variant, sanitize }) {
  const generator = (await isOnPath("ninja")) ? "Ninja" : "Unix Makefiles";
  const cache = join(folder, "CMakeCache.txt");
  // CMake refuses a folder that it filled for the other one.
  if (existsSync(cache) && !readFileSync(cache, "utf8").includes(`CMAKE_GENERATOR:INTERNAL=${generator}\n`))
    rmSync(folder, { recursive: true });
  mkdirSync(folder, { recursive: true });
  return locked(folder, [
    "cmake",
    `-S${join(root, "packages/native/cpp")}`,
    `-B${folder}`,
    `-G${generator}`,
    `-DSNAPFIT_ONEDNN=${onednnFolder}`,
    `-DSNAPFIT_MARCH=${marches[variant]}`,
    `-DSNAPFIT_VARIANT=${variant}`,
    `-DSNAPFIT_OUTPUT=${output}`,
    `-DSNAPFIT_NODE_HEADERS=${join(root, "node_modules/node-api-headers/include")}`,
    `-DSNAPFIT_SANITIZE=${sanitize ? "ON" : "OFF"}`,
  ]);
}

/** Two builds at once would write the same files. @param {string} folder @param {string[]} command */
async function locked(folder, command) {
  const result = await runCommand("flock", [folder, ...command]);
  const [program = "", ...args] = command;
  return result.code === 127 ? runCommand(program, args) : result;
}

/** @param {string} output */
const lacksLibrary = (output) => output.includes("snapfit: no oneDNN");

/** The first error with what is around it: compilers print hundreds of lines. @param {string} output */
function shortened(output) {
  const lines = output.trim().split("\n");
  const first = Math.max(
    0,
    lines.findIndex((line) => /error|undefined reference/i.test(line)),
  );
  return lines.slice(first, first + 12).join("\n");
}

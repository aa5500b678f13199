import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runProgram } from "./run-program.js";
import { Unavailable } from "./unavailable.js";

const LIBRARY = "2.21.0";
const PACKAGE = "4.22.0";

/**
 * A folder from whose programs `@tensorflow/tfjs-node` can be imported: the package built here against the library in the wheel of TensorFlow,
 * because the library that it downloads itself is years old. Made where it is missing; 274 MB are downloaded. @throws Unavailable
 */
export async function tfjsNodeFolder(scratch: string): Promise<string> {
  const folder = join(scratch, "tfjs-node");
  const stamp = join(folder, "built");
  const version = `${PACKAGE} on ${LIBRARY}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === version) return folder;
  const prefix = dirname(dirname(process.execPath));
  if (!existsSync(join(prefix, "include/node/node_api.h")))
    throw new Unavailable(`tfjs-node cannot be built: there are no headers of Node in ${prefix}/include.`);
  console.log(`Building tfjs-node ${version} in ${folder} ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const problem = (await downloadLibrary(folder)) ?? (await build(folder, prefix));
  if (problem !== undefined)
    throw new Unavailable(`tfjs-node cannot be built (python3 with pip, make, a C++ compiler and a network are needed): ${problem}`);
  writeFileSync(stamp, version);
  return folder;
}

/** Only what is linked: the libraries and their C headers. */
const unpack = `
import glob, os, zipfile
[path] = glob.glob("tensorflow_cpu-*.whl")
with zipfile.ZipFile(path) as wheel:
    wanted = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2", "tensorflow/include/tensorflow/", "tensorflow/include/tsl/", "tensorflow/include/xla/")
    wheel.extractall(".", [name for name in wheel.namelist() if name.startswith(wanted)])
os.remove(path)
`;

async function downloadLibrary(folder: string): Promise<string | undefined> {
  const download = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, `tensorflow-cpu==${LIBRARY}`];
  return (await runProgram("python3", download, folder)) ?? (await runProgram("python3", ["-c", unpack], folder));
}

async function build(folder: string, prefix: string): Promise<string | undefined> {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", `@tensorflow/tfjs-node@${PACKAGE}`];
  const problem = await runProgram(npm, install, folder);
  if (problem !== undefined) return problem;
  const libraries = join(folder, "tensorflow");
  const addon = join(folder, "node_modules/@tensorflow/tfjs-node");
  const dependencies = join(addon, "deps");
  mkdirSync(join(dependencies, "lib"), { recursive: true });
  rmSync(join(dependencies, "include"), { recursive: true, force: true });
  symlinkSync(join(libraries, "include"), join(dependencies, "include"));
  for (const [link, target] of [
    ["libtensorflow.so", "libtensorflow_cc.so.2"],
    ["libtensorflow_cc.so.2", "libtensorflow_cc.so.2"],
    ["libtensorflow_framework.so", "libtensorflow_framework.so.2"],
    ["libtensorflow_framework.so.2", "libtensorflow_framework.so.2"],
  ])
    symlinkSync(join(libraries, target!), join(dependencies, "lib", link!));
  const recipe = join(addon, "binding.gyp");
  // The libraries find their own parts beside their real place.
  writeFileSync(recipe, readFileSync(recipe, "utf8").replaceAll("-Wl,-rpath,", `-Wl,-rpath,${libraries} -Wl,-rpath,`));
  const program = join(folder, "node_modules/.bin/node-pre-gyp");
  return runProgram(program, ["install", "--build-from-source", `--nodedir=${prefix}`], addon);
}

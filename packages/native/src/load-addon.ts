import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { type NativeProblem, refusalOf } from "./load-problem.js";
import { type BuildName, buildsFor, processorFlags } from "./processor.js";

/** The addon's functions and where they come from. */
export interface LoadedAddon {
  readonly functions: object;
  readonly build: BuildName;
  readonly file: string;
}

const require = createRequire(import.meta.url);
const platform = `${process.platform}-${process.arch}`;

/** Where the addon may lie: where `SNAPFIT_NATIVE_FOLDER` says, else built in this repository, then the package of the platform. */
export function addonFolders(): string[] {
  const asked = process.env["SNAPFIT_NATIVE_FOLDER"];
  if (asked !== undefined) return [asked];
  const folders = [fileURLToPath(new URL(`../build/${platform}`, import.meta.url))];
  try {
    folders.push(dirname(require.resolve(`@snapfit/native-${platform}/package.json`)));
  } catch {
    // Not installed: another platform, or optional packages were left out.
  }
  return folders;
}

/** Loads the best build that lies in the first of the folders that has one. Never throws. */
export function loadAddon(folders: readonly string[], flags: ReadonlySet<string> = processorFlags()): LoadedAddon | NativeProblem {
  const wanted = process.env["SNAPFIT_NATIVE_BUILD"];
  const runnable = buildsFor(flags).filter((name) => wanted === undefined || wanted === name);
  const files = folders.flatMap((folder) => runnable.map((build) => ({ build, file: join(folder, `snapfit-${build}.node`) })));
  const found = files.find(({ file }) => existsSync(file));
  if (found === undefined) return noBuild(runnable, wanted);
  try {
    return { ...found, functions: withBoundedSpinning(() => require(found.file) as object) };
  } catch (error) {
    return refusalOf(error, found.file);
  }
}

function noBuild(runnable: readonly BuildName[], wanted: string | undefined): NativeProblem {
  if (process.platform === "linux" && runnable.length === 0) {
    if (wanted !== undefined)
      return {
        code: "NO_BUILD",
        message: `SNAPFIT_NATIVE_BUILD asks for "${wanted}", which this processor cannot run or which does not exist.`,
      };
    if (process.arch === "x64")
      return {
        code: "PROCESSOR_TOO_OLD",
        message: "The processor lacks SSE 4.2, which the oldest build needs. Use wasm: npm i @tensorflow/tfjs-backend-wasm",
      };
  }
  const isMusl = existsSync(`/lib/ld-musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`);
  if (platform !== "linux-x64" || isMusl) {
    const here = `${platform}${isMusl ? " with musl" : ""}`;
    return { code: "NO_BUILD", message: `There is no build of the native engine for ${here}: it is made for linux-x64 with glibc.` };
  }
  const isRepository = existsSync(new URL("../cpp", import.meta.url));
  return {
    code: "NO_BUILD",
    message: isRepository
      ? "The engine is not built; `node tools/build-native.mjs` builds it or says what is missing."
      : `The optional package @snapfit/native-${platform} is missing: npm i @snapfit/native-${platform}`,
  };
}

/**
 * GNU OpenMP, which reads this variable while it is loaded, lets idle threads spin for milliseconds before they sleep. Where other work shares the
 * cores that makes small operations ten times slower. So many turns, a few milliseconds, bridge the gaps between the operations of a step.
 */
const spinCount = "100000";

function withBoundedSpinning<T>(load: () => T): T {
  const { env } = process;
  // A worker thread has a copy of the environment, which OpenMP does not see.
  if (!isMainThread || env["OMP_WAIT_POLICY"] !== undefined || env["GOMP_SPINCOUNT"] !== undefined) return load();
  env["GOMP_SPINCOUNT"] = spinCount;
  try {
    return load();
  } finally {
    // Programs that this one starts decide for themselves.
    delete env["GOMP_SPINCOUNT"];
  }
}

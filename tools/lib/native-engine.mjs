import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, scratch } from "./root.mjs";
import { runCommand } from "./run-command.mjs";

const marches = { avx512: "x86-64-v4", avx2: "x86-64-v3", baseline: "x86-64-v2" };

/** The best build for this processor. */
export function variantHere() {
  if (process.arch === "arm64") return "neon";
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  if (/\bavx512f\b/.test(flags) && /\bavx512vl\b/.test(flags) && /\bavx512dq\b/.test(flags) && /\bavx512bw\b/.test(flags)) return "avx512";
  return /\bavx2\b/.test(flags) && /\bfma\b/.test(flags) ? "avx2" : "baseline";
}

/** Builds the addon; undefined, or what went wrong. */
export async function buildNative({ variant = variantHere(), sanitize = false } = {}) {
  const folder = join(scratch, `native-${variant}${sanitize ? "-sanitize" : ""}`);
  const output = join(root, "packages/native/build", sanitize ? "sanitize" : `${process.platform}-${process.arch}`);
  mkdirSync(output, { recursive: true });
  const march = process.arch === "arm64" ? "armv8-a" : marches[variant];
  const configured = await runCommand("cmake", [
    "-S",
    join(root, "packages/native/cpp"),
    "-B",
    folder,
    "-G",
    "Ninja",
    `-DCMAKE_PREFIX_PATH=${join(scratch, "onednn")}`,
    `-DSNAPFIT_MARCH=${march}`,
    `-DSNAPFIT_VARIANT=${variant}`,
    `-DSNAPFIT_OUTPUT=${output}`,
    `-DSNAPFIT_NODE_HEADERS=${join(root, "node_modules/node-api-headers/include")}`,
    `-DSNAPFIT_SANITIZE=${sanitize ? "ON" : "OFF"}`,
  ]);
  if (configured.code !== 0) return configured.output;
  const built = await runCommand("flock", [folder, "ninja", "-C", folder, "-j2"]);
  if (built.code !== 0) return built.output;
  for (const [from, to] of [[join(scratch, "onednn/lib/libdnnl.so.3"), "libdnnl.so.3"]]) {
    if (!existsSync(join(output, to))) copyFileSync(from, join(output, to));
  }
  return undefined;
}

// `node tools/sanitize-native.mjs [-- files of tests]`: builds the native engine with AddressSanitizer and UndefinedBehaviorSanitizer, and runs
// TensorFlow.js' suite and the tests of packages/native on it. Before each release. oneDNN itself is not instrumented.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildNative, sanitizedBuildFolder } from "./lib/native-engine.mjs";
import { root, scratch } from "./lib/root.mjs";
import { runTool } from "./lib/run-command.mjs";

/** They look at how a build is found and loaded, or at the memory of the process. */
const unsuited = ["doctor", "loading", "leaks"];

const problem = await buildNative({ sanitize: true, say: console.log });
if (problem !== undefined) {
  console.error(`The native engine is not built: ${problem.text}`);
  process.exit(1);
}
const reports = join(scratch, "sanitizer");
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const options = `log_path=${join(reports, "report")}:allocator_may_return_null=1`;
const env = {
  ...process.env,
  SNAPFIT_NATIVE_FOLDER: sanitizedBuildFolder,
  // Node.js is not instrumented: what an addon needs to be first has to be named.
  LD_PRELOAD: execFileSync(process.env["CXX"] ?? "c++", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim(),
  // V8 never frees at its end what is in use.
  ASAN_OPTIONS: `${options}:detect_leaks=0`,
  UBSAN_OPTIONS: `${options}:print_stacktrace=1`,
};
const asked = process.argv.slice(2).filter((argument) => argument !== "--");
const tests = readdirSync(join(root, "packages/native/test")).filter((name) => name.endsWith(".test.ts"));
const files = tests.filter((name) => !unsuited.includes(name.replace(".test.ts", ""))).map((name) => `packages/native/test/${name}`);
const { code } = await runTool("vitest", ["run", "--testTimeout=1800000", "--hookTimeout=1800000", ...(asked.length > 0 ? asked : files)], {
  env,
  inherit: true,
});
// Warnings tell of memory that could not be had, which some tests ask for.
const found = readdirSync(reports)
  .map((name) => readFileSync(join(reports, name), "utf8"))
  .filter((report) => /ERROR: |runtime error:/.test(report));
for (const report of found) console.error(report);
if (found.length > 0) console.log(`The sanitizers found something in ${found.length} processes.`);
else
  console.log(
    code === 0 ? "The sanitizers found nothing." : "Tests fail; what the sanitizers found stands above, if they ended a process.",
  );
process.exitCode = code === 0 && found.length > 0 ? 1 : code;

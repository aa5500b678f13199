// `npm run check [-- gate ...]`: everything but the tests that a change has to pass; all gates, or those named.
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { inParallel } from "./lib/in-parallel.mjs";
import { prepare } from "./lib/prepare.mjs";
import { root, scratch } from "./lib/root.mjs";
import { runCommand, runTool } from "./lib/run-command.mjs";

/** What a gate's script exits with when it cannot run here, such as without a network. */
const SKIPPED = 77;

/** @param {string} script @param {...string} args */
const script =
  (script, ...args) =>
  () =>
    runCommand(process.execPath, [join(root, "tools", script), ...args]);

/** The longest first, so that the machine is busy to the end. @type {Record<string, () => Promise<{ code: number, output: string }>>} */
const gates = {
  install: script("check-install.mjs"),
  docs: script("check-docs.mjs"),
  types: async () => {
    const packages = await runTool("typescript:tsc", ["-b"]);
    return packages.code === 0 ? runTool("typescript:tsc", ["-p", "tsconfig.tests.json"]) : packages;
  },
  "types-7": () => runTool("typescript7:tsc", ["-p", "tsconfig.tests.json"]),
  packages: script("check-packages.mjs"),
  bundles: script("check-bundles.mjs"),
  // Tests may import any package; what is published names its dependencies.
  unused: async () => {
    const all = await runTool("knip", ["--exclude", "unlisted", "--no-config-hints"]);
    const published = await runTool("knip", ["--production", "--strict", "--include", "dependencies,unlisted", "--no-config-hints"]);
    return { code: all.code || published.code, output: all.output + published.output };
  },
  lint: () => runTool("oxlint", ["--type-aware", "--deny-warnings"]),
  format: () => runTool("oxfmt", ["--check"]),
  lock: script("complete-lock.mjs", "--check"),
  manifests: () => runTool("sherif", ["--ignore-rule", "root-package-manager-field"]),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in gates));
if (unknown.length > 0) {
  console.error(`There is no gate "${unknown[0]}". Gates: ${Object.keys(gates).join(", ")}.`);
  process.exit(2);
}
await prepare();

/** @type {{ name: string, state: "passed" | "failed" | "skipped" }[]} */
const results = [];
await inParallel(names.length > 0 ? names : Object.keys(gates), availableParallelism(), async (name) => {
  const start = performance.now();
  const { code, output } = (await gates[name]?.()) ?? { code: 1, output: "" };
  const state = code === 0 ? "passed" : code === SKIPPED ? "skipped" : "failed";
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
  const isOurs = ["install", "docs", "packages", "bundles"].includes(name);
  console.log(`${state.padEnd(8)}${name.padEnd(10)}${seconds} s`);
  if (state !== "passed" || isOurs) console.log(output.trimEnd().replace(/^/gm, "    "));
  results.push({ name, state });
});
mkdirSync(scratch, { recursive: true });
writeFileSync(join(scratch, "check-report.json"), JSON.stringify(results));
const failed = results.filter(({ state }) => state === "failed").map(({ name }) => name);
console.log(failed.length === 0 ? "All gates passed." : `Failed: ${failed.join(", ")}.`);
process.exitCode = failed.length === 0 ? 0 : 1;

// `npm run bench -- NAME [--json FILE]`: runs a benchmark of benchmarks/ on the built packages and prints medians and the ratio to the peer.
// A benchmark of several cases and engines also takes `--only CASE` and `--engine NAME`, each as often as one likes, and `--profile`.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { prepare } from "./lib/prepare.mjs";
import { root, scratch } from "./lib/root.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    only: { type: "string", multiple: true },
    engine: { type: "string", multiple: true },
    profile: { type: "boolean" },
  },
});
const [name] = positionals;
const folder = join(root, "benchmarks");
/** Files by the name of the benchmark: `NAME.ts` or `NAME/index.ts`. */
const entries = Object.fromEntries(
  readdirSync(folder, { withFileTypes: true })
    .map((found) => ({ name: found.name.replace(/\.ts$/, ""), file: found.isDirectory() ? `${found.name}/index.ts` : found.name }))
    .filter(({ file }) => isBenchmark(join(folder, file)))
    .map(({ name, file }) => [name, file]),
);
const entry = entries[name ?? ""];
if (name === undefined || entry === undefined) fail(`npm run bench -- NAME [--json FILE]. There are: ${Object.keys(entries).join(", ")}.`);
await prepare();
const { build } = await import("esbuild");
const bundle = join(scratch, `bench-${name}.mjs`);
mkdirSync(scratch, { recursive: true });
await build({
  entryPoints: [join(folder, entry)],
  outfile: bundle,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  logLevel: "error",
});
if (!existsSync(bundle)) throw new Error(`${bundle} was not written.`);
/** @type {{ default: import("../benchmarks/row.js").Benchmark }} */
const { default: benchmark } = await import(pathToFileURL(bundle).href);
const { own = "snapfit", choices } = benchmark;
for (const option of /** @type {const} */ (["only", "engine", "profile"])) {
  const value = values[option];
  if (value === undefined) continue;
  if (choices === undefined) fail(`The benchmark ${name} takes no --${option}: it has one table. \`step\` does.`);
  const unknown = Array.isArray(value)
    ? value.find((each) => !choices[/** @type {"only" | "engine"} */ (option)].includes(each))
    : undefined;
  if (unknown !== undefined)
    fail(`There is no "${unknown}" for --${option}. There are: ${choices[/** @type {"only" | "engine"} */ (option)].join(", ")}.`);
}
const model = cpus()[0]?.model ?? "unknown processor";
console.log(`${benchmark.title}\n${cpus().length} cores, ${model}, Node ${process.versions.node}\n`);
const rows = await benchmark.run({ scratch, only: values.only, engine: values.engine, profile: values.profile });
for (const group of new Set(rows.map((each) => each.case))) {
  const sides = rows.filter((each) => each.case === group);
  const ours = sides.find(({ engine }) => engine === own);
  for (const { engine, minMs, medianMs, runs, note } of sides) {
    const ratio = ours === undefined || engine === own ? "" : `   ${own} / this: ${(ours.medianMs / medianMs).toFixed(3)}`;
    console.log(
      `${group.padEnd(20)} ${engine.padEnd(16)} median ${medianMs.toFixed(2).padStart(9)} ms   min ${minMs.toFixed(2).padStart(9)} ms   ${String(runs).padStart(3)} runs${ratio}${note === undefined ? "" : `   (${note})`}`,
    );
  }
}
if (benchmark.summary !== undefined) console.log(`\n${benchmark.summary(rows)}`);
if (values.json !== undefined) writeFileSync(resolve(values.json), `${JSON.stringify(rows, null, 2)}\n`);

/** @param {string} file */
function isBenchmark(file) {
  return existsSync(file) && file.endsWith(".ts") && readFileSync(file, "utf8").includes("export default");
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(2);
}

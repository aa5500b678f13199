// `npm run bench -- NAME [--json FILE]`: runs a benchmark of benchmarks/ on the built packages and prints medians and the ratio to the peer.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { prepare } from "./lib/prepare.mjs";
import { root, scratch } from "./lib/root.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } });
const [name] = positionals;
const folder = join(root, "benchmarks");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && readFileSync(join(folder, file), "utf8").includes("export default"))
  .map((file) => file.slice(0, -3));
if (name === undefined || !names.includes(name)) {
  console.error(`npm run bench -- NAME [--json FILE]. There are: ${names.join(", ")}.`);
  process.exit(2);
}
await prepare();
const { build } = await import("esbuild");
const bundle = join(scratch, `bench-${name}.mjs`);
mkdirSync(scratch, { recursive: true });
await build({
  entryPoints: [join(folder, `${name}.ts`)],
  outfile: bundle,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  logLevel: "error",
});
if (!existsSync(bundle)) throw new Error(`${bundle} was not written.`);
const { default: benchmark } = await import(pathToFileURL(bundle).href);
const model = cpus()[0]?.model ?? "unknown processor";
console.log(`${benchmark.title}\n${cpus().length} cores, ${model}, Node ${process.versions.node}\n`);
/** @type {import("../benchmarks/row.js").Row[]} */
const rows = await benchmark.run();
for (const group of new Set(rows.map((each) => each.case))) {
  const sides = rows.filter((each) => each.case === group);
  const own = sides.find(({ engine }) => engine === "snapfit");
  for (const { engine, minMs, medianMs, runs } of sides) {
    const ratio = own === undefined || engine === "snapfit" ? "" : `   snapfit / this: ${(own.medianMs / medianMs).toFixed(3)}`;
    console.log(
      `${group.padEnd(20)} ${engine.padEnd(16)} median ${medianMs.toFixed(2).padStart(9)} ms   min ${minMs.toFixed(2).padStart(9)} ms   ${runs} runs${ratio}`,
    );
  }
}
if (values.json !== undefined) writeFileSync(resolve(values.json), `${JSON.stringify(rows, null, 2)}\n`);

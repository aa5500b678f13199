// Packs every published package and lets publint and "are the types wrong" judge the tarballs.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { inParallel } from "./lib/in-parallel.mjs";
import { packAll } from "./lib/pack.mjs";
import { scratch } from "./lib/root.mjs";
import { runTool } from "./lib/run-command.mjs";

const tarballs = await packAll(join(scratch, "packed"));
const complaints = await inParallel(tarballs, availableParallelism(), async ({ name, file }) => {
  const { buffer } = new Uint8Array(readFileSync(file));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, level: "warning", strict: true });
  const lint = messages.map((message) => `publint: ${formatMessage(message, pkg)}`);
  // ESM only: what CommonJS and TypeScript's old `node10` resolution make of a package does not matter.
  const types = await runTool("@arethetypeswrong/cli:attw", [
    file,
    "--profile",
    "esm-only",
    "--no-color",
    "--no-emoji",
    "--format",
    "ascii",
  ]);
  return [...lint, ...(types.code === 0 ? [] : [types.output])].map((text) => `${name}: ${text}`);
});
for (const complaint of complaints.flat()) console.error(complaint);
for (const { name, sizeBytes, numFiles } of tarballs)
  console.log(`${name.padEnd(28)}${(sizeBytes / 1000).toFixed(1).padStart(8)} kB packed, ${numFiles} files`);
process.exitCode = complaints.flat().length === 0 ? 0 : 1;

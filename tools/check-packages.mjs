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

/** npm would take more; people would not. */
const limitBytes = 15_000_000;

const { tarballs, platform, problem } = await packAll(join(scratch, "packed"));
const complaints = await inParallel(tarballs, availableParallelism(), async (tarball) => {
  const { name, file } = tarball;
  // Binaries and licences: nothing to import.
  if (tarball === platform) return tarball.sizeBytes > limitBytes ? [`${name} is bigger than ${limitBytes / 1e6} MB`] : [];
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
if (problem !== undefined) console.log(`The native engine is not packed: ${problem}`);
process.exitCode = complaints.flat().length === 0 ? 0 : 1;

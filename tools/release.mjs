// `npm run release -- --dry-run` prints what would be published; without the option it is published to npm, with provenance, and tagged.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packAll } from "./lib/pack.mjs";
import { prepare } from "./lib/prepare.mjs";
import { root, scratch } from "./lib/root.mjs";
import { runNpm, runTool } from "./lib/run-command.mjs";

const isDryRun = process.argv.includes("--dry-run");
await prepare();
const { tarballs, platform, problem } = await packAll(join(scratch, "release"));
for (const { name, version, sizeBytes, numFiles } of tarballs) {
  console.log(`${name.padEnd(28)}${version.padEnd(12)}${(sizeBytes / 1000).toFixed(1).padStart(8)} kB, ${numFiles} files`);
}
if (problem !== undefined) console.log(`The native engine is not packed: ${problem}`);
if (isDryRun) {
  console.log(`${tarballs.length} packages would be published. This was a dry run: nothing was sent.`);
} else {
  const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (repository === undefined) {
    console.error("package.json names no repository. npm's provenance statement is about one: add the field here and in the packages.");
    process.exit(1);
  }
  if (platform === undefined) {
    console.error(
      "@snapfit/native is not published without its engine. Release from a linux-x64 machine with CMake, a C++ compiler and pip.",
    );
    process.exit(1);
  }
  // Its packed manifest names the package of the platform, which therefore goes first; changesets leaves out what the registry then has.
  for (const { name, version, file } of [platform, ...tarballs.filter((each) => each.name === "@snapfit/native")]) {
    if ((await runNpm(["view", `${name}@${version}`, "version"])).output.includes(version)) continue;
    const published = await runNpm(["publish", file, "--access=public", "--provenance"], { inherit: true });
    if (published.code !== 0) process.exit(published.code);
  }
  // Publishes what the registry does not have yet; provenance comes from publishConfig and needs a CI that npm trusts.
  const { code } = await runTool("@changesets/cli:changeset", ["publish"], { inherit: true });
  process.exitCode = code;
}

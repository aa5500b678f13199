// `node tools/complete-lock.mjs [--check]`: adds the platforms to package-lock.json that npm left out; see lib/lock-platforms.mjs.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { missingPlatforms } from "./lib/lock-platforms.mjs";
import { root } from "./lib/root.mjs";

const file = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const missing = missingPlatforms(lock.packages);
const numMissing = Object.keys(missing).length;
const strangers = Object.entries(lock.packages).filter(([, { resolved, link }]) => resolved !== undefined && !link);
if (strangers.length > 0) {
  console.error(`package-lock.json names the registry of ${strangers.length} packages, such as ${strangers[0]?.[0]}.`);
  process.exitCode = 1;
}
if (process.argv.includes("--check")) {
  if (numMissing > 0) {
    console.error(
      `package-lock.json lacks ${numMissing} packages for other platforms, and npm ci refuses it. Run: node tools/complete-lock.mjs`,
    );
    process.exitCode = 1;
  }
} else if (numMissing > 0) {
  const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, "en"));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`);
  console.log(`Added ${numMissing} packages for other platforms.`);
}

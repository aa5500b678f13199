// `node tools/ci-summary.mjs TESTS GATES`: names what failed, and prints the counts of the last test and check run as its last line.
// The arguments are the two exit codes. A failed gate, or a run that ended without a report, counts as one failure more.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./lib/root.mjs";
import { countTests, summaryLine } from "./lib/test-report.mjs";

const [testsCode, gatesCode] = process.argv.slice(2).map(Number);
const report = read("test-report.json");
const counts = report === undefined ? { passed: 0, failed: 0, skipped: 0 } : countTests(report);
if (testsCode !== 0 && counts.failed === 0) {
  console.log(
    report === undefined
      ? "The tests did not run."
      : "Tests passed, but the run failed: coverage below its threshold, or an error outside of a test.",
  );
  counts.failed++;
}
/** @type {{ name: string, state: string }[]} */
const gates = read("check-report.json") ?? [];
const failed = gates.filter(({ state }) => state === "failed").map(({ name }) => name);
if (failed.length > 0) console.log(`Failed gates: ${failed.join(", ")}`);
counts.failed += failed.length;
counts.skipped += gates.filter(({ state }) => state === "skipped").length;
if (gatesCode !== 0 && failed.length === 0) {
  console.log("The gates did not run to their end.");
  counts.failed++;
}
console.log(summaryLine(counts));
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

/** @param {string} name */
function read(name) {
  const file = join(scratch, name);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

// `npm test [-- options of vitest]`: installs and builds what is missing, then runs the test suite.
//   --slow      runs `test/**/*.slow.ts` in place of `test/**/*.test.ts`
//   --coverage  also measures coverage and fails below the thresholds of vitest.config.ts
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isNativeBuilt } from "./lib/native-engine.mjs";
import { prepare } from "./lib/prepare.mjs";
import { scratch } from "./lib/root.mjs";
import { runTool } from "./lib/run-command.mjs";

await prepare();
if (!process.env["SNAPFIT_DATA"]) {
  console.log("SNAPFIT_DATA is not set: tests on real data are skipped. It names a folder that holds mnist/ and the other data sets.");
}
if (!isNativeBuilt()) console.log("The tests of the native engine are skipped.");
const report = join(scratch, "test-report.json");
mkdirSync(scratch, { recursive: true });
rmSync(report, { force: true });
const args = process.argv.slice(2).flatMap((arg) => (arg === "--slow" ? ["--mode", "slow"] : [arg]));
const { code } = await runTool("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args], {
  inherit: true,
});
process.exitCode = code;

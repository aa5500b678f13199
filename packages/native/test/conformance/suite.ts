// Runs the test suite that TensorFlow.js publishes for its backends, against one of them. Bundled and started by run-suite.ts.
// Options come as JSON in the first argument; the last line of stdout is the result as JSON.
import "@tensorflow/tfjs-backend-cpu/dist/index.js";
import { setTestEnvs, setupTestFilters } from "@tensorflow/tfjs-core/dist/jasmine_util.js";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { createRequire } from "node:module";
import type { SuiteOptions, SuiteResult } from "./run-suite.js";

const options = JSON.parse(process.argv[2]!) as SuiteOptions;
if (options.backend === "native") {
  const { NativeBackend } = await import("@snapfit/native");
  await tf.setBackend("native");
  const backend = tf.backend();
  // A registration that failed would leave the cpu backend in place, where everything passes.
  if (!(backend instanceof NativeBackend)) throw new Error(`The backend is ${tf.getBackend()}, not native.`);
  backend.pool.isPoisoning = options.isPoisoning === true;
}

const Jasmine = createRequire(import.meta.url)("jasmine");
const jasmine = new Jasmine();
jasmine.loadConfig({ random: false });
jasmine.exitOnCompletion = false;
jasmine.clearReporters();
setTestEnvs([{ name: options.backend, backendName: options.backend, isDataSync: true }]);
setupTestFilters([], (name) => !name.includes("computation in worker"));
const failures: { name: string; message: string }[] = [];
let passed = 0;
let skipped = 0;
jasmine.addReporter({
  specDone({ status, fullName, failedExpectations }: { status: string; fullName: string; failedExpectations: { message: string }[] }) {
    if (status === "passed") passed++;
    else if (status === "failed") failures.push({ name: fullName, message: failedExpectations[0]?.message.slice(0, 300) ?? "" });
    else skipped++;
  },
});
await import("@tensorflow/tfjs-core/dist/tests.js");
await jasmine.execute();
const result: SuiteResult = { passed, skipped, failures };
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));

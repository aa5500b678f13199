import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { isNativeBuilt } from "./tools/lib/native-engine.mjs";

const packages = fileURLToPath(new URL("./packages/", import.meta.url));

/** Lines that tests must reach, in per cent: more where everything else stands on it. */
const foundations = new Set(["base", "core", "optim", "data"]);

/** Where a compiler or something else is missing, the native engine is not built. */
const hasEngine = isNativeBuilt();
/** Those of its tests that say something without it. */
const withoutEngine = ["cgroup-quota", "doctor", "loading", "self-check", "threads"];
const exclude = hasEngine ? [] : [`packages/native/test/!(${withoutEngine.join("|")}).{test,slow}.ts`, "packages/native/test/*/**"];

const measured = readdirSync(packages).filter((name) => name !== "native" || hasEngine);
const thresholds = measured.map((name) => [`packages/${name}/src/**`, { lines: foundations.has(name) ? 90 : 85 }]);

export default defineConfig(({ mode }) => ({
  resolve: {
    // Tests run on the sources: `@snapfit/data/node` is packages/data/src/node/index.ts.
    alias: [
      { find: /^@snapfit\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@snapfit\/([a-z-]+)\/([a-z-]+)$/, replacement: `${packages}$1/src/$2/index.ts` },
    ],
  },
  test: {
    // `--mode slow` runs what takes minutes: `npm run test:slow`.
    include: ["packages/*", "examples/*", "tools"].map((folder) => `${folder}/test/**/*.${mode === "slow" ? "slow" : "test"}.ts`),
    exclude,
    // TensorFlow.js greets on stderr in every file: only what a failing test printed is shown.
    silent: "passed-only",
    maxWorkers: "100%",
    // Test files share the cores: a thread that waits for another must not keep one busy.
    env: { GOMP_SPINCOUNT: "1000" },
    testTimeout: mode === "slow" ? 1_800_000 : 60_000,
    coverage: {
      include: measured.map((name) => `packages/${name}/src/**/*.ts`),
      reporter: ["text-summary", "json-summary"],
      thresholds: Object.fromEntries(thresholds),
    },
  },
}));

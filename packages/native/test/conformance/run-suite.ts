import { build } from "esbuild";
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What the suite runs against. */
export interface SuiteOptions {
  readonly backend: "native" | "cpu";
  /** Fills memory that tensors give back with NaN. */
  readonly isPoisoning?: boolean;
  /** Environment variables besides this process' own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What came out. */
export interface SuiteResult {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly name: string; readonly message: string }[];
}

const require = createRequire(import.meta.url);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundles and runs TensorFlow.js' own suite in a process of its own. */
export async function runSuite(options: SuiteOptions): Promise<SuiteResult> {
  const bundle = here(`../../build/conformance-${process.pid}.mjs`);
  await build({
    entryPoints: [here("suite.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    conditions: ["module"],
    // The packages call their test files free of side effects: heeding that would drop nearly all tests.
    ignoreAnnotations: true,
    external: ["jasmine"],
    banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
    plugins: [
      {
        name: "one core",
        setup({ onResolve }) {
          const core = require.resolve("@tensorflow/tfjs-core/dist/index.js");
          onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path: core }));
          onResolve({ filter: /^@snapfit\/[a-z-]+$/ }, ({ path }) => ({
            path: here(`../../../${path.slice("@snapfit/".length)}/src/index.ts`),
          }));
        },
      },
    ],
    logLevel: "error",
  });
  const run = promisify(execFile)(process.execPath, [bundle, JSON.stringify(options)], {
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...options.env },
  });
  const { stdout } = await run.finally(() => rmSync(bundle));
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as SuiteResult;
}

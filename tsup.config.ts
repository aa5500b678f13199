import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

/** An example exports nothing and is started as `dist/main.js`. */
const program = { ".": { default: "./dist/main.js" } };

// Serves every package and example: tsup runs in its folder and finds this file above it.
// `./dist/node/index.js` in the export map is built from `src/node/index.ts`. Declarations come from `tsc -b`.
export default defineConfig(() => {
  const { exports = program } = JSON.parse(readFileSync("package.json", "utf8")) as { exports?: Record<string, { default: string }> };
  const entries = Object.values(exports).map((entry) => entry.default.replace(/^\.\/dist\/(.*)\.js$/, "$1"));
  return {
    entry: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
    format: "esm",
    target: "es2022",
    platform: "node",
    removeNodeProtocol: false,
    sourcemap: true,
    // With the build information gone too, tsc writes the declarations anew: none of a removed file stays.
    clean: [".tsbuildinfo"],
    silent: true,
  };
});

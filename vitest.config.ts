import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("./packages/", import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run on the sources: `@snapfit/data/node` is packages/data/src/node/index.ts.
    alias: [
      { find: /^@snapfit\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@snapfit\/([a-z-]+)\/([a-z-]+)$/, replacement: `${packages}$1/src/$2/index.ts` },
    ],
  },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "tools/test/**/*.test.ts"],
    testTimeout: 60_000,
  },
});

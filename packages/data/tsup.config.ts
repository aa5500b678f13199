import { defineConfig } from "tsup";

// One build for both entries: what they share must exist once.
export default defineConfig({
  entry: { index: "src/index.ts", "node/index": "src/node/index.ts" },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: [/^node:/],
  sourcemap: true,
  clean: false,
  dts: false,
});

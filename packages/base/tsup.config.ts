import { defineConfig } from "tsup";

export default defineConfig([
  { entry: { index: "src/index.ts" }, format: "esm", target: "es2022", platform: "neutral", sourcemap: true, clean: false, dts: false },
  { entry: { "node/index": "src/node/index.ts" }, format: "esm", target: "es2022", platform: "node", sourcemap: true, clean: false, dts: false },
]);

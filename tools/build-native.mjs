// `node tools/build-native.mjs [--variant avx512|avx2|baseline] [--sanitize] [--from-source]`: builds the addon of packages/native for this
// machine. `--from-source` compiles oneDNN 3.14 as well, from the source in a crate: about 13 minutes on 2 cores.
import { parseArgs } from "node:util";
import { buildNative } from "./lib/native-engine.mjs";

const { values } = parseArgs({
  options: { variant: { type: "string" }, sanitize: { type: "boolean" }, "from-source": { type: "boolean" } },
});
const problem = await buildNative({
  ...(values.variant !== undefined && { variant: /** @type {import("./lib/native-engine.mjs").Variant} */ (values.variant) }),
  sanitize: values.sanitize === true,
  fromSource: values["from-source"] === true,
  say: console.log,
});
if (problem !== undefined) {
  console.error(`The native engine is not built: ${problem.text}`);
  process.exit(1);
}

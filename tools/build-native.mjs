// `node tools/build-native.mjs [--variant avx512|avx2|baseline] [--sanitize]`: builds the addon of packages/native for this machine.
import { buildNative } from "./lib/native-engine.mjs";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { variant: { type: "string" }, sanitize: { type: "boolean" } } });
const problem = await buildNative({ ...(values.variant === undefined ? {} : { variant: values.variant }), sanitize: values.sanitize === true });
if (problem !== undefined) {
  console.error(problem);
  process.exit(1);
}

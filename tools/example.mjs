// `node tools/example.mjs NAME [options]`: runs a program of examples/ on a fresh clone, with nothing installed before. `npm run demo` is that of examples/digits.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare } from "./lib/prepare.mjs";
import { root } from "./lib/root.mjs";

const [name, ...options] = process.argv.slice(2);
await prepare();
const program = join(root, `examples/${name}/dist/main.js`);
// Runs in this process, so that Ctrl-C and a closed terminal reach the trainer as they would in a program of one's own.
process.argv = [process.execPath, program, ...options];
await import(pathToFileURL(program).href);

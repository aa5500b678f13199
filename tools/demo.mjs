// `npm run demo [-- options]`: trains the digit classifier of examples/digits on a fresh clone, with nothing installed before.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare } from "./lib/prepare.mjs";
import { root } from "./lib/root.mjs";

await prepare();
const program = join(root, "examples/digits/dist/main.js");
// Runs in this process, so that Ctrl-C and a closed terminal reach the trainer as they would in a program of one's own.
process.argv[1] = program;
await import(pathToFileURL(program).href);

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";

const program = childProgram(fileURLToPath(new URL("unfinished-child.ts", import.meta.url)));
const decoder = new URL("decoders/number-decoder.mjs", import.meta.url).href;

it.each(["forgets", "leaves"])("a process that %s an unfinished loader with threads ends by itself", async (way) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, decoder, way], { timeout: 30_000 });
  expect([stdout, stderr]).toEqual(["got 0,1\n", ""]);
});

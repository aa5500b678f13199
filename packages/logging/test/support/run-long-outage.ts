import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { childProgram } from "../../../core/test/support/child-program.js";
import type { OutageOutcome } from "./long-outage.js";

const program = childProgram(fileURLToPath(new URL("../long-outage-child.ts", import.meta.url)));

/** In a process of its own, whose memory is measured. */
export async function runLongOutage(hours: number, numRows: number): Promise<OutageOutcome> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, String(hours), String(numRows)]);
  return JSON.parse(stdout) as OutageOutcome;
}

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { childProgram } from "../../../core/test/support/child-program.js";
import type { OutageOutcome } from "./outage.js";

/** Outages in a process of their own, whose memory is measured. To be called at the top of a test file. @param program `…-child.ts` */
export function outagesOf(program: URL): (hours: number, numRows: number) => Promise<OutageOutcome> {
  const path = childProgram(fileURLToPath(program));
  return async (hours, numRows) => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", path, String(hours), String(numRows)]);
    return JSON.parse(stdout) as OutageOutcome;
  };
}

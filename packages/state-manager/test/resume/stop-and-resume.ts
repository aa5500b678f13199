import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { equalStates, parseState, stringifyState, type StateTree } from "@snapfit/base";
import { nativeStatus } from "@snapfit/native";
import { expect } from "vitest";
import { childProgram } from "../../../core/test/support/child-program.js";
import { nativeBuildFolder } from "../../../../tools/lib/native-engine.mjs";
import type { Outcome } from "./scenario.js";
import type { Stopped } from "./stop-and-resume-child.js";

/** The engines that every run must come through bit for bit, where they are. */
export const devices: readonly string[] = nativeStatus().isAvailable ? ["cpu", "wasm", "native"] : ["cpu", "wasm"];

/** Of the scenario. */
const VALIDATION_BATCHES = 2;

const execute = promisify(execFile);

/** Bundles the program. To be called at the top of a test file. @returns {@link StopAndResume} */
export function stopAndResumeProgram(): StopAndResume {
  const program = childProgram(fileURLToPath(new URL("stop-and-resume-child.ts", import.meta.url)));
  return async (device, stops) => {
    const folder = mkdtempSync(join(tmpdir(), "snapfit-resume-"));
    try {
      return await stopAndResume(program, folder, device, stops);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

/**
 * Stops the scenario at events in one process, goes on in another one from the files, and expects all of it to be as in a run that nothing stopped:
 * the hash of the newest checkpoint, every bit of the state, the history, and the logged rows.
 * @param stops how many events, or all of them. @returns the events
 */
export type StopAndResume = (device: string, stops: number | "all") => Promise<readonly number[]>;

async function stopAndResume(program: string, folder: string, device: string, stops: number | "all"): Promise<readonly number[]> {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2", SNAPFIT_NATIVE_FOLDER: nativeBuildFolder };
  const run = async (mode: "stop" | "resume", argument: string): Promise<unknown> => {
    const output = join(folder, `${mode}.json`);
    const { stderr } = await execute(process.execPath, [program, mode, device, folder, output, argument], { env });
    expect(stderr.split("\n").filter((line) => line !== "" && !line.startsWith("Large gradient norm"))).toEqual([]);
    return parseState(readFileSync(output, "utf8"));
  };
  const { whole, runs } = (await run("stop", String(stops))) as Stopped;
  expect(whole.state["progress"]).toMatchObject({ fit: 2, step: 200 });
  const resumed = (await run("resume", runs.map(({ stopAt }) => stopAt).join())) as readonly Outcome[];
  runs.forEach(({ stopAt, outcome: stopped }, i) => {
    const at = `${device}, stopped at event ${stopAt} of ${whole.events.length} (${whole.events[stopAt - 1] ?? "before the run"})`;
    const { hash, state, rows, events } = resumed[i]!;
    expect(stopped.events.length, at).toBeGreaterThanOrEqual(stopAt);
    expect(stopped.events.length, at).toBeLessThanOrEqual(stopAt + 1);
    expect(events.length, at).toBeLessThanOrEqual(whole.events.length - stopAt + VALIDATION_BATCHES); // one that was stopped begins again
    expect(equalStates(whole.state, state), at).toBeUndefined();
    expect(hash, at).toBe(whole.hash);
    expect(sorted([...stopped.rows, ...rows]), at).toEqual(sorted(whole.rows));
  });
  return runs.map(({ stopAt }) => stopAt);
}

/** A stop writes what is queued for the next logging point, so that it stands before the values of that one. */
function sorted(rows: Outcome["rows"]): string[] {
  return rows.map((row) => stringifyState(row as unknown as StateTree)).sort();
}

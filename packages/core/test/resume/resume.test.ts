import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { equalStates, parseState, stringifyState, type StateRecord, type StateTree } from "@snapfit/base";
import { afterAll, expect, test } from "vitest";
import { childProgram } from "../support/child-program.js";
import { runScenario, type Outcome } from "./scenario.js";

const folder = mkdtempSync(join(tmpdir(), "snapfit-resume-"));
const bundle = childProgram(fileURLToPath(new URL("resume-child.ts", import.meta.url)));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

// More events than a validation has: an interrupted one begins again.
test("a run that is stopped again and again, every few events, ends with the same bits", async () => {
  const whole = await runScenario();
  let outcome = await runScenario({ stopAt: 4 });
  while ((outcome.state["fits"] as { finished: unknown }[]).filter(({ finished }) => finished).length < 2) {
    outcome = await runScenario({ stopAt: 4, from: parseState(stringifyState(outcome.state)) as StateRecord });
  }
  expect(equalStates(whole.state, outcome.state)).toBeUndefined();
});

test("a run stopped at any step, or within a validation, goes on in a new process to the same bits", async () => {
  const whole = await runScenario();
  expect(whole.events).toBeGreaterThan(30);
  expect(whole.state["progress"]).toMatchObject({ step: 19, fit: 2, globalEpoch: 5 }); // 5 epochs of 4 windows, one of them skipped
  const stopped: Outcome[] = [];
  for (let stopAt = 1; stopAt <= whole.events; stopAt++) stopped.push(await runScenario({ stopAt }));
  const input = join(folder, "states.json");
  const output = join(folder, "outcomes.json");
  writeFileSync(input, stringifyState(stopped.map(({ state }) => state)));
  execFileSync(process.execPath, [bundle, input, output], { stdio: "inherit", env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" } });
  const resumed = parseState(readFileSync(output, "utf8")) as unknown as { state: StateRecord; rows: StateTree[] }[];
  const wholeRows = JSON.parse(JSON.stringify(whole.rows)) as StateTree[];
  resumed.forEach(({ state, rows }, i) => {
    const at = `stopped at event ${i + 1} of ${whole.events}`;
    expect(equalStates(whole.state, state), at).toBeUndefined();
    const joined = [...(JSON.parse(JSON.stringify(stopped[i]!.rows)) as StateTree[]), ...rows];
    expect(
      joined.map((row) => JSON.stringify(row)),
      at,
    ).toEqual(wholeRows.map((row) => JSON.stringify(row)));
  });
}, 180_000);

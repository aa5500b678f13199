// Runs in a process of its own: takes up each state of a file and writes how its run ended.
import { readFileSync, writeFileSync } from "node:fs";
import { parseState, stringifyState, type StateRecord, type StateTree } from "@snapfit/base";
import { runScenario } from "./scenario.js";

const [input, output] = process.argv.slice(2) as [string, string];
const states = parseState(readFileSync(input, "utf8")) as readonly StateRecord[];
const outcomes: StateTree[] = [];
for (const from of states) {
  const { state, rows } = await runScenario({ from });
  outcomes.push({ state, rows: rows as unknown as StateTree });
}
writeFileSync(output, stringifyState(outcomes));

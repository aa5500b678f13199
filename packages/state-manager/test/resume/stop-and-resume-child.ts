// In a process of its own: stops the scenario at many events, each run with a folder of its own; or goes on with all of those runs.
import "@snapfit/native";
import { writeFileSync } from "node:fs";
import { RandomStream, stringifyState, type StateTree } from "@snapfit/base";
import { runScenario, type EventKind, type Outcome } from "./scenario.js";

/** What the process that stops runs leaves for the test. */
export interface Stopped {
  /** A run that nothing stops. */
  readonly whole: Outcome;
  readonly runs: readonly { readonly stopAt: number; readonly outcome: Outcome }[];
}

const [mode, device, folder, output, stops] = process.argv.slice(2) as ["stop" | "resume", string, string, string, string];
const run = (name: string | number, stopAt?: number): Promise<Outcome> =>
  runScenario({ outputDir: `${folder}/${name}`, device, ...(stopAt !== undefined && { stopAt }), isAsync: Number(name) % 16 === 4 });

if (mode === "stop") {
  const whole = await run("whole");
  const runs = [];
  for (const stopAt of events(whole.events, stops)) runs.push({ stopAt, outcome: await run(stopAt, stopAt) });
  write({ whole, runs });
} else {
  const outcomes = [];
  for (const stopAt of stops.split(",")) outcomes.push(await run(stopAt));
  write(outcomes);
}

function write(outcomes: unknown): void {
  writeFileSync(output, stringifyState(outcomes as StateTree));
}

/** All events; or the edges, some within validations, and others from a fixed seed. */
function events(kinds: readonly EventKind[], wanted: string): readonly number[] {
  const all = [0, ...kinds.map((_, i) => i + 1)];
  if (wanted === "all") return all;
  const order = RandomStream.fromSeed(5, "stops").permutation(kinds.length);
  const shuffled = Array.from(order, (i) => i + 1);
  const validations = shuffled.filter((event) => kinds[event - 1] === "validation batch");
  const chosen = [0, kinds.indexOf("skipped step") + 1, kinds.length, ...validations.slice(0, 3), ...shuffled];
  return [...new Set(chosen)].slice(0, Number(wanted)).sort((a, b) => a - b);
}

import { setTimeout } from "node:timers/promises";
import { inTurn, row, type Row } from "../row.js";
import type { StepCase } from "./cases.js";
import { engines, THREADS, type Paths } from "./engines.js";
import { profileText } from "./profile-text.js";
import { Unavailable } from "./unavailable.js";
import type { WorkerProcess } from "./worker-process.js";

const ROUNDS = 8;
const ROUND_MS = 350;
/** Threads of the side before go on spinning for some milliseconds, in wait for more work. */
const PAUSE_MS = 50;
/** On a busy machine, where everything takes ten times as long, a case ends after this time and at least two rounds. */
const CASE_MS = 40_000;
const CHECKED_STEPS = 3;

interface Side {
  readonly name: string;
  readonly worker: WorkerProcess;
  readonly firstStepMs: number;
  readonly note: string | undefined;
}

/** Rows of one case on each of the engines named. What cannot run here is left out, and said. */
export async function measureCase(
  name: string,
  settings: StepCase,
  wanted: readonly string[],
  paths: Paths,
  isProfiled: boolean,
): Promise<Row[]> {
  const sides: Side[] = [];
  for (const engine of wanted) {
    if (engines[engine]!.cases?.includes(name) === false) continue;
    await orSay(name, engine, async () => {
      const { worker, startedAt, note } = await engines[engine]!.start(settings, paths);
      const ready = await worker.reply();
      sides.push({ name: engine, worker, firstStepMs: performance.now() - startedAt, note: note ?? ready.note });
    });
  }
  try {
    return await measureSides(name, settings, sides, isProfiled);
  } finally {
    for (const { worker } of sides) worker.close();
  }
}

async function measureSides(name: string, settings: StepCase, sides: readonly Side[], isProfiled: boolean): Promise<Row[]> {
  const times = await inTurn(
    ROUNDS,
    1,
    await turns(
      name,
      sides.filter((side) => engines[side.name]!.isSlow !== true),
    ),
  );
  for (const side of sides.filter((each) => engines[each.name]!.isSlow === true)) times[side.name] = await timesOf(name, side, 3);
  const peaks = new Map(sides.map((side) => [side.name, side.worker.peakMegabytes()]));
  if (!("dropout" in settings) || settings.dropout === 0) await checkEquality(name, sides);
  if (isProfiled) for (const side of sides) await printProfile(name, side);
  return sides
    .filter((side) => times[side.name]!.length > 0)
    .map((side) => {
      const peakMegabytes = peaks.get(side.name);
      return {
        ...row(name, side.name, times[side.name]!, THREADS),
        firstStepMs: side.firstStepMs,
        ...(side.note !== undefined && { note: side.note }),
        ...(peakMegabytes !== undefined && { peakMegabytes }),
      };
    });
}

/** As many steps a round for each side as take about `ROUND_MS`; none when the case has taken too long. */
async function turns(name: string, sides: readonly Side[]): Promise<Record<string, () => Promise<number[]>>> {
  const result: Record<string, () => Promise<number[]>> = {};
  const end = performance.now() + CASE_MS;
  for (const side of sides) {
    const latest = (await timesOf(name, side, 3)).at(-1) ?? ROUND_MS;
    const steps = Math.min(Math.max(Math.round(ROUND_MS / latest), 1), 60);
    let rounds = 0;
    result[side.name] = async () => (++rounds > 3 && performance.now() > end ? [] : await timesOf(name, side, steps));
  }
  return result;
}

/** None if the engine cannot run the case. The first step of a turn is left out: it brings back what the turns of others took out of the caches. */
async function timesOf(name: string, { name: engine, worker }: Side, steps: number): Promise<number[]> {
  await setTimeout(PAUSE_MS);
  return (await orSay(name, engine, async () => (await worker.ask({ steps: steps + 1 })).times?.slice(1))) ?? [];
}

/** All f32 sides compute the same: says so where the losses from equal weights differ. */
async function checkEquality(name: string, sides: readonly Side[]): Promise<void> {
  const losses = new Map<string, number[]>();
  for (const { name: engine, worker } of sides.filter((side) => !side.name.includes("bf16") && engines[side.name]!.isSlow !== true)) {
    const reply = await orSay(name, engine, () => worker.ask({ check: CHECKED_STEPS }));
    if (reply?.losses !== undefined) losses.set(engine, reply.losses);
  }
  const [[first, expected] = [], ...others] = losses;
  for (const [engine, values] of others) {
    const isEqual = values.every((value, index) => Math.abs(value - expected![index]!) <= 1e-3 * Math.abs(expected![index]!));
    if (!isEqual)
      console.log(`${name}: ${engine} and ${first} do not compute the same: losses ${values.join(", ")} and ${expected!.join(", ")}.`);
  }
}

async function printProfile(name: string, { name: engine, worker }: Side): Promise<void> {
  const steps = 5;
  if (!engine.startsWith("native")) return;
  const reply = await orSay(name, engine, () => worker.ask({ profile: steps }));
  if (reply?.profile !== undefined) console.log(`${name} on ${engine}, one step by kernel:\n${profileText(reply.profile, steps)}\n`);
}

const said = new Set<string>();

/** What `work` gives; undefined, and a line that says why, if the engine cannot. */
async function orSay<T>(name: string, engine: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    if (!said.has(engine + error.message)) console.log(`${engine} is left out of ${name}: ${error.message}`);
    said.add(engine + error.message);
    return undefined;
  }
}

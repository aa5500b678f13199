import type { AnyAddOn, LogRecord } from "@snapfit/core";
import { messageOf } from "../contract/contract.js";
import { countsOf, differenceOf, keyOf, pointsOf, textOf, timedNames } from "./compare-points.js";
import { resumable, runProcess, RUN, withWorlds, type LoggerOutcome, type LoggerProcess, type World } from "./logger-run.js";
import type { LoggedRows, LoggerCompanion, LoggerSettings } from "./settings.js";

/** What a run that was never stopped hands to its loggers. */
export interface WholeRun {
  readonly records: readonly LogRecord[];
  /** Names of values that differ from run to run. */
  readonly timed: ReadonlySet<string>;
}

/** A logger under test, and what its checks share. */
export class Conformance {
  readonly self: LoggerCompanion;
  readonly settings: LoggerSettings;
  #whole: Promise<WholeRun> | undefined;

  constructor(addOn: AnyAddOn, settings: LoggerSettings) {
    this.self = { addOn, ...settings };
    this.settings = settings;
  }

  get name(): string {
    return this.self.addOn.name;
  }

  /** The whole script with this logger alone, twice, once for all checks. */
  whole(): Promise<WholeRun> {
    return (this.#whole ??= withWorlds(async ({ empty }) => {
      const one = await this.run({ world: empty() });
      const other = await this.run({ world: empty() }, " in a second run");
      return { records: one.records, timed: timedNames(one.records, other.records) };
    }));
  }

  /** Runs a process with this logger alone, or with those given; a logger that fails is at fault. */
  async run(settings: Partial<LoggerProcess> & { readonly world: World }, when = ""): Promise<LoggerOutcome> {
    const loggers = settings.loggers ?? [this.self];
    let outcome: LoggerOutcome;
    try {
      outcome = await runProcess({ addOns: resumable(loggers), loggers, ...settings });
    } catch (cause) {
      throw this.fault(`fails${when}: ${messageOf(cause)}`, cause);
    }
    const failure = outcome.complaints.find((line) => /^Logger "(?!AlwaysThrows).*" failed/.test(line)); // isolated by the core, so the run goes on
    if (failure !== undefined) throw this.fault(`has a log sink that throws${when}: ${failure}`);
    return outcome;
  }

  /** What loggers have written in a world is these records, each once and in order. */
  async expectRecords(
    world: World,
    records: readonly LogRecord[],
    when: string,
    loggers: readonly LoggerCompanion[] = [this.self],
  ): Promise<void> {
    const { timed } = await this.whole();
    for (const logger of loggers) {
      const { points, numRewinds } = await this.rowsOf(world, when, logger);
      const difference = differenceOf(points, pointsOf(records, logger), timed);
      if (difference !== undefined)
        throw this.#faultOf(logger, `${difference}${when}. Every row belongs into the log once, in the order in which it came.`);
      if (numRewinds > 0)
        throw this.#faultOf(logger, `began a branch${when}, though the run did the same again. Use rowText() and RowLedger.`);
    }
  }

  /** What a logger has is all of a branch, and nothing oftener than it was logged. */
  async expectBranch(
    world: World,
    records: { readonly before: readonly LogRecord[]; readonly restored: readonly LogRecord[]; readonly branch: readonly LogRecord[] },
    when: string,
  ): Promise<void> {
    const { timed } = await this.whole();
    const { points, numRewinds } = await this.rowsOf(world, when);
    if (numRewinds !== 1)
      throw this.fault(
        `began ${numRewinds} branches${when}, instead of one. A resumed run that differs begins a branch; read() counts them.`,
      );
    const has = countsOf(points);
    const lasting = (all: readonly LogRecord[]) => pointsOf(all, this.self).filter(({ name }) => !timed.has(name));
    const missing = lasting([...records.restored, ...records.branch]).find((point) => !has.has(keyOf(point)));
    if (missing !== undefined) throw this.fault(`lacks ${textOf(missing)}${when}.`);
    const atMost = countsOf(lasting([...records.before, ...records.branch]));
    const extra = points.find((point) => !timed.has(point.name) && has.get(keyOf(point))! > (atMost.get(keyOf(point)) ?? 0));
    if (extra !== undefined) throw this.fault(`has ${textOf(extra)} oftener than it was logged${when}.`);
  }

  async rowsOf(world: World, when: string, logger = this.self): Promise<LoggedRows> {
    try {
      return await logger.read(`${world.folder}/${RUN}`);
    } catch (cause) {
      throw this.#faultOf(logger, `has a log that read() cannot read${when}: ${messageOf(cause)}`, cause);
    }
  }

  /** The error of a check: a sentence that begins with the add-on's name. */
  fault(sentence: string, cause?: unknown): Error {
    return this.#faultOf(this.self, sentence, cause);
  }

  #faultOf({ addOn }: LoggerCompanion, sentence: string, cause?: unknown): Error {
    return new Error(`${addOn.name} ${sentence}`, cause === undefined ? undefined : { cause });
  }
}

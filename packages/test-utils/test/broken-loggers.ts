import type { StateRecord } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { defineAddOn, type AddOnBase, type Adds, type AnyAddOn, type LogRecord } from "@snapfit/core";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import type { LoggedRows } from "../src/index.js";

/** What a simple logger does wrong. */
type Fault =
  | "does not know its rows"
  | "takes its last row for its place"
  | "holds rows back"
  | "writes on every rank"
  | "writes JSON's null for NaN"
  | "goes on in a torn line"
  | "marks no branch"
  | "begins branches without need"
  | "opens in setup"
  | "cuts long texts"
  | "turns rows round"
  | "drops rows behind 50,000"
  | "complains of each row";

export interface BrokenLogger {
  readonly fault: Fault;
  readonly addOn: AnyAddOn;
  readonly check: string;
  readonly sentence: string | RegExp;
}

const broken: readonly (readonly [Fault, check: string, sentence: string | RegExp])[] = [
  [
    "does not know its rows",
    "has every row once, wherever the run is killed",
    /^Broken has .* more than once after a kill behind record \d+ of \d+ /,
  ],
  ["takes its last row for its place", "has every row once after many kills", /^Broken has .* more than once after several kills/],
  [
    "does not know its rows",
    "has every row once when the run is stopped and started again",
    "more than once after being stopped and started again",
  ],
  ["holds rows back", "has every row once, wherever the run is killed", /^Broken lacks .* after a kill behind record/],
  ["holds rows back", "has every row once after a kill within a write", "Broken writes no row when it is given one"],
  [
    "goes on in a torn line",
    "has every row once after a kill within a write",
    /^Broken has a log that read\(\) cannot read after a kill in the write of a record, with \d+ of its \d+ bytes in run\/log.jsonl/,
  ],
  ["marks no branch", "begins a branch when a resumed run differs", "Broken began 0 branches when it goes on from step 8"],
  [
    "begins branches without need",
    "has every row once, wherever the run is killed",
    "Broken began a branch, though the run did the same again",
  ],
  ["does not know its rows", "stands beside other loggers, in every order", /more than once with addOn\(.*\), after a kill/],
  ["opens in setup", "lets the run go on without a disk", "Broken ends the run when its files cannot be made: "],
  [
    "complains of each row",
    "lets the run go on without a disk",
    /^Broken says \d+ sentences when its files cannot be made, instead of one/,
  ],
  ["writes on every rank", "writes on one of two ranks", "more than once on two ranks"],
  [
    "writes JSON's null for NaN",
    "keeps NaN, infinities, and names and texts in any script",
    "Broken lacks odd/nan = NaN of step 1; it has odd/nan = null of step 1 instead",
  ],
  ["cuts long texts", "keeps a text of a million characters", "Broken lacks 긴 글 = "],
  ["drops rows behind 50,000", "keeps 100,000 rows", "Broken lacks train/loss = "],
  ["turns rows round", "goes on beside a sink that throws", /^Broken has .* before .*, which was logged first/],
];

export const brokenLoggers: readonly BrokenLogger[] = broken.map(([fault, check, sentence]) => ({
  fault,
  check,
  sentence,
  addOn: brokenLogger(fault),
}));

/** Writes lines of JSON, and after a resume passes over as many rows as the log has more than the state knows of; right but for its fault. */
function brokenLogger(fault: Fault): AnyAddOn {
  return defineAddOn({
    name: "Broken",
    apply(Base: AddOnBase): Adds {
      abstract class BrokenLoggerTrainer extends Base {
        #folder: string | undefined;
        #numRows = 0;
        /** Rows of the log that come again. */
        #expected: string[] = [];
        #held: string[] = [];

        protected override async setup(): Promise<void> {
          await super.setup();
          if (fault === "opens in setup") await this.#open();
          this.addLogSink({
            name: "Broken",
            kinds: ["scalars", "text"],
            open: () => this.#open(),
            write: (record) => this.#take(record),
            flush: () => {
              if (fault === "turns rows round") this.#held.reverse();
              for (const line of this.#held.splice(0)) this.#write(line);
            },
          });
        }
        override async saveState(): Promise<StateRecord> {
          return { ...(await super.saveState()), broken: this.#numRows };
        }
        override async loadState(state: StateRecord): Promise<void> {
          await super.loadState(state);
          this.#numRows = Number(state["broken"] ?? 0);
        }

        async #open(): Promise<void> {
          const folder = await this.runFolder(new DiskStorage());
          if (this.processGroup.rank > 0 && fault !== "writes on every rank") return;
          mkdirSync(folder, { recursive: true });
          this.#folder = folder;
          const lines = linesOf(folder);
          const isTorn = lines.pop() !== "";
          if (isTorn && fault !== "goes on in a torn line") appendFileSync(`${folder}/log.jsonl`, "\n");
          const known = fault === "takes its last row for its place" ? lines.length : this.#numRows;
          this.#expected = fault === "does not know its rows" ? [] : lines.filter(isWhole).slice(known);
        }
        #take(record: LogRecord): void {
          if (this.#folder === undefined) {
            if (fault === "complains of each row") this.logger.warning("no file");
            return;
          }
          this.#numRows += 1;
          if (fault === "drops rows behind 50,000" && this.#numRows > 50_000 && this.#numRows % 2 === 1) return;
          const line = lineOf(record, fault);
          const expected = this.#expected.shift();
          if (expected === line) return;
          const isRewind = expected !== undefined && fault !== "marks no branch";
          this.#expected = [];
          const marked =
            isRewind || (fault === "begins branches without need" && expected === undefined && this.#numRows % 7 === 0)
              ? `{"rewind":true}\n${line}`
              : line;
          if (fault === "holds rows back" || fault === "turns rows round") this.#held.push(marked);
          else this.#write(marked);
        }
        #write(line: string): void {
          appendFileSync(`${this.#folder!}/log.jsonl`, `${line}\n`);
        }
      }
      return BrokenLoggerTrainer;
    },
  });
}

export function readBrokenLog(folder: string): LoggedRows {
  const lines = linesOf(folder)
    .slice(0, -1)
    .filter((line) => line.startsWith("{"));
  const rows = lines.map((line) => JSON.parse(line) as { rewind?: true; points?: [string, number, string | number | null][] });
  return {
    points: rows.flatMap(({ points = [] }) => points.map(([name, step, value]) => ({ name, step, value: numberOf(value) }))),
    numRewinds: rows.filter(({ rewind }) => rewind).length,
  };
}

function lineOf(record: LogRecord, fault: Fault): string {
  const { step } = record;
  if (record.kind === "text")
    return JSON.stringify({ points: [[record.key, step, `"${fault === "cuts long texts" ? record.text.slice(0, 65_536) : record.text}`]] });
  const values = record.kind === "scalars" ? Object.entries(record.values) : [];
  const form = (value: number): unknown => (fault === "writes JSON's null for NaN" ? value : String(value));
  return JSON.stringify({ points: values.map(([name, value]) => [name, step, form(value)]) });
}

function numberOf(value: string | number | null): string | number {
  if (typeof value !== "string") return value as number;
  return value.startsWith('"') ? value.slice(1) : Number(value);
}

function linesOf(folder: string): string[] {
  try {
    return readFileSync(`${folder}/log.jsonl`, "utf8").split("\n");
  } catch {
    return [""];
  }
}

function isWhole(line: string): boolean {
  return line.startsWith('{"points"') && line.endsWith("}");
}
